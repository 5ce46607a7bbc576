/** `nano drain`: takes an app out of service after its requests. */
import { onlineCommand, outJson } from "../online/online_command.ts";
import { drainText, watchDrain } from "../online/watch_drain.ts";

export const command = onlineCommand(async ({ line, io, client }) => {
  const app = line.required("APP");
  const report = await watchDrain(client.drainApp(app), { client, io, app, quiet: line.flag("json") });
  if (line.flag("json")) return outJson(io, report);
  io.out(`App "${app}" is out of service: ${drainText(report)}. nano restart ${app} brings it back`);
  return 0;
});
