/** `nano token`: prints the token of the admin API. */
import { loadConfig } from "../../runtime/mod.ts";
import { adminToken } from "../token.ts";
import { CliError } from "./cli_error.ts";
import type { Command } from "./cli_io.ts";
import { configFile } from "./config_file.ts";

export const command: Command = {
  async run(line, io) {
    const file = configFile(line.text("config"), io);
    const { admin, stateDir } = await loadConfig(file, { hostEnv: io.env });
    if (admin === false) throw new CliError("INTERNAL", `Cannot print a token: "${file}" turns the admin listener off`);
    const token = await adminToken({ fromEnv: io.env("NANO_ADMIN_TOKEN"), configured: admin.token, stateDir });
    io.out(token.value);
    return 0;
  },
};
