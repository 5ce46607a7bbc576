/** `nano check`: loads the configuration and tells all mistakes, or that there are none. */
import { loadConfig } from "../../runtime/mod.ts";
import type { Command } from "./cli_io.ts";
import { configFile } from "./config_file.ts";
import { readOptions } from "./options.ts";

export const command: Command = {
  async run(args, io) {
    const { texts } = await readOptions(args, { texts: ["config"] });
    const file = configFile(texts.config, io);
    const config = await loadConfig(file, { hostEnv: io.env });
    io.out(`${file} is right: ${config.apps.length} ${config.apps.length === 1 ? "app" : "apps"}`);
    for (const app of config.apps) io.out(`  ${app.name}  ${app.hostnames.join(", ")}`);
    return 0;
  },
};
