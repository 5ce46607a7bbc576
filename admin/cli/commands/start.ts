/** `nano start`: serves the apps of nano.json, under a guardian unless told otherwise. */
import type { Command } from "../terminal/cli_io.ts";
import { configFile } from "../online/config_file.ts";

export const command: Command = {
  async run(line, io) {
    const port = line.port("port");
    const adminPort = line.port("admin-port");
    const file = configFile(line.text("config"), io);
    if (!line.flag("no-guardian")) {
      const { guard, hostCommand } = await import("../../guardian/guard.ts");
      const { standalone } = Deno.build;
      const from = { standalone, execPath: Deno.execPath(), mainModule: Deno.mainModule };
      // The file itself: the host is not started by a task, and would not look where the command was typed.
      const args = ["--config", file, ...port === null ? [] : ["--port", String(port)]];
      if (adminPort !== null) args.push("--admin-port", String(adminPort));
      if (line.flag("no-watch")) args.push("--no-watch");
      const { isPretty } = await import("../../guardian/guardian_lines.ts");
      const pretty = isPretty(file, io.terminal);
      return await guard((statusFile) => hostCommand([...args, "--guarded", statusFile], from), { pretty });
    }
    const { runHost } = await import("../host/run_host.ts");
    const watch = !line.flag("no-watch");
    return await runHost({ file, port, adminPort, watch, statusFile: line.text("guarded") }, io);
  },
};
