/** `nano start`: serves the apps of nano.json, under a guardian unless told otherwise. */
import type { Command } from "./cli_io.ts";
import { configFile } from "./config_file.ts";
import { portOption, readOptions } from "./options.ts";

export const command: Command = {
  help: `Usage: nano start [--config FILE] [--port N] [--admin-port N] [--no-guardian] [--no-watch]

Serves the apps of nano.json. An edit of it or of an app's files takes effect without a restart.

  --config FILE    the configuration (nano.json in this folder)
  --port N         public port, instead of the configured one; 0 picks a free one
  --admin-port N   port of the admin API, instead of the configured one; 0 picks a free one
  --no-guardian    no second process that restarts the host when it dies (systemd or Kubernetes do that)
  --no-watch       reload on SIGHUP and by the admin API only

Signals: SIGTERM and SIGINT finish the requests in flight, then end; a second one ends at once. SIGHUP reloads.

Examples:
  nano start
  nano start --config /etc/nano/nano.json --no-guardian
  nano start --port 0 --admin-port 0

Exit codes: 0 ended as asked, 1 failed or requests were cut, 2 wrong use, 3 configuration refused.`,

  async run(args, io) {
    // --guarded is the guardian's own: the file in which the host reports to it.
    const { texts, flags } = await readOptions(args, {
      texts: ["config", "port", "admin-port", "guarded"],
      flags: ["no-guardian", "no-watch"],
    });
    const port = portOption("port", texts.port);
    const adminPort = portOption("admin-port", texts["admin-port"]);
    const file = configFile(texts.config, io);
    if (!flags["no-guardian"]) {
      const { guard, hostCommand } = await import("./guard.ts");
      const { standalone } = Deno.build;
      const from = { standalone, execPath: Deno.execPath(), mainModule: Deno.mainModule };
      return await guard((statusFile) => hostCommand([...args, "--guarded", statusFile], from));
    }
    const { runHost } = await import("./run_host.ts");
    return await runHost({ file, port, adminPort, watch: !flags["no-watch"], statusFile: texts.guarded }, io);
  },
};
