/** `nano restart`: restarts an app without losing a request. */
import { onlineCommand, outJson } from "../online/online_command.ts";
import { latencyText } from "../terminal/text_style.ts";

export const command = onlineCommand(async ({ line, io, client }) => {
  const app = line.required("APP");
  const detail = await client.restartApp(app);
  if (line.flag("json")) return outJson(io, detail);
  const took = detail.start_seconds === null ? "" : `, started in ${latencyText(detail.start_seconds)}`;
  io.out(`App "${app}" was restarted: ${detail.state}${took}`);
  return 0;
});
