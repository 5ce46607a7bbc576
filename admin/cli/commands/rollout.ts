/** `nano rollout`: changes how many requests a version gets. */
import { type CommandLine, wholeNumber } from "../line/command_line.ts";
import { onlineCommand, outJson } from "../online/online_command.ts";

export const command = onlineCommand(async ({ line, io, client }) => {
  const app = line.required("APP");
  const version = line.required("VERSION");
  const percent = percentOf(line);
  const detail = await client.rollout(app, version, percent);
  if (line.flag("json")) return outJson(io, detail);
  io.out(
    percent === 100
      ? `App "${app}" is served by ${version}`
      : percent === 0
      ? `The rollout of ${version} has ended: app "${app}" is served by ${detail.origin?.deployed ?? "its path"}`
      : `Version ${version} of app "${app}" gets ${percent} % of the requests`,
  );
  return 0;
}, percentOf);

function percentOf(line: CommandLine): number {
  return wholeNumber("Argument PERCENT", line.required("PERCENT").replace(/%$/, ""), { min: 0, max: 100 });
}
