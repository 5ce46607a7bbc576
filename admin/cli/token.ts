/** `nano token`: prints the token of the admin API. */
import { loadConfig } from "../../runtime/mod.ts";
import { adminToken } from "../token.ts";
import { CliError } from "./cli_error.ts";
import type { Command } from "./cli_io.ts";
import { configFile } from "./config_file.ts";
import { readOptions } from "./options.ts";

export const command: Command = {
  help: `Usage: nano token [--config FILE]

Prints the bearer token of the admin API, and nothing else. Without a configured one ("admin": { "token": … }, or the
variable NANO_ADMIN_TOKEN, which wins) it is generated once and kept in the state folder.

  --config FILE   the configuration (nano.json in this folder)

Examples:
  nano token
  curl -H "Authorization: Bearer $(nano token)" http://127.0.0.1:9090/metrics`,

  async run(args, io) {
    const { texts } = await readOptions(args, { texts: ["config"] });
    const file = configFile(texts.config, io);
    const { admin, stateDir } = await loadConfig(file, { hostEnv: io.env });
    if (admin === false) throw new CliError("INTERNAL", `Cannot print a token: "${file}" turns the admin listener off`);
    const token = await adminToken({ fromEnv: io.env("NANO_ADMIN_TOKEN"), configured: admin.token, stateDir });
    io.out(token.value);
    return 0;
  },
};
