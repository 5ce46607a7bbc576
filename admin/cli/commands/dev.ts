/** `nano dev`: serves one app without a configuration. */
import { resolve } from "node:path";
import { type AppLayer, Nano, resolveConfig } from "../../../runtime/mod.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import { type CliIo, wantsColor } from "../terminal/cli_io.ts";
import { devAppName, devDocument } from "../host/dev_document.ts";
import { BUILD_OPTION, runBuildCommand } from "../host/project_build_command.ts";
import { devVars } from "../host/dev_vars.ts";
import { serve } from "../host/host.ts";
import { serveInUtc } from "../../process/serving_zone.ts";
import { listenSignals } from "../../process/signals.ts";

export const command: Command = {
  doc: {
    name: "dev",
    summary: "Serve one app without a configuration",
    description: [
      "Serves one app, a folder or an entry file, on 127.0.0.1. No configuration is needed; an edit takes effect at once.",
      "In a Workers project its wrangler file is read, and .dev.vars or else .env for secrets.",
    ],
    arguments: [{ name: "PATH", required: true, completes: "file" }],
    examples: [
      { command: "nano dev ./hello", meaning: "serves http://127.0.0.1:8080/" },
      { command: "nano dev ./hello/index.ts --port 3000", meaning: "an entry file, another port" },
    ],
  },
  options: [
    { name: "port", value: "N", summary: "the port (8080); 0 picks a free one" },
    { name: "env", value: "NAME", summary: "an environment of the folder's wrangler file" },
    BUILD_OPTION,
  ],
  async run(line, io) {
    const port = line.port("port");
    const path = resolve(io.cwd, line.required("PATH"));
    const environment = line.text("env");
    const name = devAppName(path, await isFile(path));
    if (line.flag("build")) await runBuildCommand(path, environment, io);
    const stateDir = await Deno.makeTempDir({ prefix: "nano_dev_" });
    try {
      const document = async () => devDocument({ name, path, env: await devVars(path, environment) }, port, stateDir);
      return await serveApp(document, { environment, io });
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  },
};

async function serveApp(
  document: () => Promise<object>,
  { environment, io }: { environment: string | null; io: CliIo },
): Promise<number> {
  const load = async (layers: readonly AppLayer[] = []) =>
    await resolveConfig(await document(), {
      file: null,
      baseDir: io.cwd,
      hostEnv: io.env,
      layers,
      ...environment === null ? {} : { environment },
    });
  const config = await load();
  const timeZone = serveInUtc(io.env);
  return await serve({
    config,
    io,
    open: () => Nano.open(config, { reloadConfig: load, watch: true, dev: true, color: wantsColor(io), timeZone }),
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
