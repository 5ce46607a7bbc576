/** `nano token`: prints the token of the admin API. */
import { adminToken } from "../../token.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../terminal/cli_io.ts";
import { configFile } from "../online/config_file.ts";
import { localState } from "../online/local_state.ts";

export const command: Command = {
  async run(line, io) {
    const fromEnv = io.env("NANO_ADMIN_TOKEN");
    const state = await localState(configFile(line.text("config"), io), io);
    const { file, stateDir, admin, tokenProblem } = state;
    if (!admin) throw new CliError("INTERNAL", `Cannot print a token: "${file}" turns the admin listener off`);
    // A generated one in its place would open nothing.
    if (tokenProblem !== null && (fromEnv ?? "") === "") {
      throw new CliError("CONFIG_INVALID", "Cannot print the token", [tokenProblem]);
    }
    const token = await adminToken({ fromEnv, configured: state.token, stateDir });
    io.out(token.value);
    return 0;
  },
};
