/** `nano dev`: serves one app without a configuration. */
import { resolve } from "node:path";
import { Nano, resolveConfig } from "../../runtime/mod.ts";
import { CliError } from "./cli_error.ts";
import { type CliIo, type Command, wantsColor } from "./cli_io.ts";
import { devAppName, devDocument } from "./dev_document.ts";
import { serve } from "./host.ts";
import { portOption, readOptions } from "./options.ts";
import { listenSignals } from "./signals.ts";

export const command: Command = {
  help: `Usage: nano dev PATH [--port N]

Serves one app, a folder or an entry file, on 127.0.0.1. No configuration is needed; an edit takes effect at once.

  --port N   the port (8080); 0 picks a free one

Examples:
  nano dev ./hello
  nano dev ./hello/index.ts --port 3000`,

  async run(args, io) {
    const { texts, positionals } = await readOptions(args, { texts: ["port"], positionals: ["PATH"] });
    const port = portOption("port", texts.port);
    const path = resolve(io.cwd, positionals[0]!);
    const app = { name: devAppName(path, await isFile(path)), path };
    const stateDir = await Deno.makeTempDir({ prefix: "nano_dev_" });
    try {
      return await serveApp(devDocument(app, port, stateDir), io);
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  },
};

async function serveApp(document: object, io: CliIo): Promise<number> {
  const load = () => resolveConfig(document, { file: null, baseDir: io.cwd, hostEnv: io.env });
  const config = await load();
  return await serve({
    config,
    io,
    start: () => Nano.start(config, { reloadConfig: load, watch: true, dev: true, color: wantsColor(io) }),
    signals: listenSignals,
    exit: Deno.exit,
    guardian: null,
    onServing: (nano) => io.out(`Serving ${config.apps[0]!.name} at ${nano.url}/ (Ctrl+C ends it)`),
  });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CliError("USAGE", `Cannot serve "${path}": there is no such file or folder`);
  }
}
