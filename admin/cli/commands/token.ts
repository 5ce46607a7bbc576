/** `nano token`: prints the token of the admin API. */
import { CONFIG_OPTION } from "../line/usual_options.ts";
import { adminToken } from "../../token.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import { configFile } from "../online/config_file.ts";
import { localState } from "../online/local_state.ts";

export const command: Command = {
  doc: {
    name: "token",
    summary: "Print the token of the admin API",
    description: [
      'Prints the bearer token of the admin API, and nothing else. Without a configured one ("admin": { "token": … }, ' +
      "or the variable NANO_ADMIN_TOKEN, which wins) it is generated once and kept in the state folder.",
    ],
    arguments: [],
    examples: [
      { command: "nano token", meaning: "of ./nano.json" },
      {
        command: 'curl -H "Authorization: Bearer $(nano token)" http://127.0.0.1:9090/metrics',
        meaning: "asks the admin API",
      },
    ],
  },
  options: [CONFIG_OPTION],
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
