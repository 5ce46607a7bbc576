/** `nano start`: serves the apps of nano.json, under a guardian unless told otherwise. */
import { CONFIG_OPTION } from "../line/usual_options.ts";
import type { Command } from "../line/command.ts";
import { configFile } from "../online/config_file.ts";

export const command: Command = {
  doc: {
    name: "start",
    summary: "Serve the apps of nano.json",
    description: [
      "Serves the apps of nano.json. An edit of it or of an app's files takes effect without a restart.",
      "On a terminal it tells each app with its URL and a link that signs in to the dashboard once; elsewhere, or with " +
      '"log": { "format": "json" }, it writes one JSON record a line.',
      "Signals: SIGTERM and SIGINT finish the requests in flight, then end; a second one ends at once. SIGHUP reloads.",
    ],
    arguments: [],
    examples: [
      { command: "nano start", meaning: "serves ./nano.json" },
      { command: "nano start --config /etc/nano/nano.json --no-guardian", meaning: "as a service" },
      { command: "nano start --port 0 --admin-port 0", meaning: "on free ports, beside another NANO" },
    ],
    exitCodes: {
      0: "ended as asked",
      1: "failed, requests were cut, or another NANO uses the state folder",
      3: "nano.json was refused, or the state folder cannot be used",
    },
  },
  options: [
    CONFIG_OPTION,
    { name: "port", value: "N", summary: "public port, instead of the configured one; 0 picks a free one" },
    {
      name: "admin-port",
      value: "N",
      summary: "port of the admin API, instead of the configured one; 0 picks a free one",
    },
    {
      name: "no-guardian",
      value: null,
      summary: "no second process that restarts the host when it dies (systemd or Kubernetes do that)",
    },
    { name: "no-watch", value: null, summary: "reload on SIGHUP and by the admin API only" },
    { name: "guarded", value: "FILE", summary: "where the host reports to its guardian", hidden: true },
  ],
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
