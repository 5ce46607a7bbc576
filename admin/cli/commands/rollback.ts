/** `nano rollback`: goes back to an earlier version of an app. */
import { onlineCommand, outJson } from "../online/online_command.ts";

export const command = onlineCommand(async ({ line, io, client }) => {
  const app = line.required("APP");
  const version = await client.rollback(app, line.argument("VERSION"));
  if (line.flag("json")) return outJson(io, { app, version });
  io.out(version === "path" ? `App "${app}" is served from its path again` : `App "${app}" is served by ${version}`);
  return 0;
});
