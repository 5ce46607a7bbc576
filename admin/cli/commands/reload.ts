/** `nano reload`: reads nano.json and the code anew. */
import { onlineCommand, outJson } from "../online/online_command.ts";
import { reloadLines } from "../online/reload_lines.ts";

export const command = onlineCommand(async ({ line, io, client }) => {
  const dryRun = line.flag("dry-run");
  const summary = await client.reload({ dryRun });
  if (line.flag("json")) return outJson(io, summary);
  for (const text of reloadLines(summary, dryRun)) io.out(text);
  return 0;
});
