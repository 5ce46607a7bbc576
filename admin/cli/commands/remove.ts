/** `nano remove`: removes an app after its requests. */
import { CliError } from "../../process/cli_error.ts";
import { onlineCommand, outJson } from "../online/online_command.ts";
import { drainText, watchDrain } from "../online/watch_drain.ts";

export const command = onlineCommand(async ({ line, io, client }) => {
  const app = line.required("APP");
  if (!line.flag("yes")) {
    // Asked first: a wrong name is better told before the question than after it.
    const { hostnames } = await client.app(app);
    const answer = io.ask(`Remove app "${app}" (${hostnames.join(", ")})? [y/N]`);
    if (answer === null) throw new CliError("USAGE", `Cannot ask whether to remove app "${app}": give --yes`);
    if (!/^y(es)?$/i.test(answer.trim())) {
      io.err("nano: Nothing was removed");
      return 1;
    }
  }
  const report = await watchDrain(client.removeApp(app), { client, io, app, quiet: line.flag("json") });
  if (line.flag("json")) return outJson(io, report);
  io.out(`App "${app}" was removed: ${drainText(report)}`);
  return 0;
});
