/** `nano eval`: runs a script in an isolate of its own, with the limits and the sandbox of an app. */
import { dirname, join, relative, resolve } from "node:path";
import {
  type EvalAnswer,
  type EvalRequest,
  Nano,
  type NanoConfig,
  NanoError,
  resolveConfig,
} from "../../../runtime/mod.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import { type CliIo, wantsColor } from "../terminal/cli_io.ts";
import type { CommandLine } from "../line/command_line.ts";

const APP = "script";
/** The frames of the entry that runs the script say nothing to its author. */
const EVAL_ENTRY = "app:///__eval__.js";

export const command: Command = {
  doc: {
    name: "eval",
    summary: "Run a script in a cell of its own",
    description: [
      "Runs a script in an isolate of its own, with the limits and the sandbox of an app: JavaScript or TypeScript, " +
      "top-level await, imports from its folder and from npm. Its console goes to standard output and error; the value " +
      "of `export default` is printed. Nothing of this machine's environment is visible in it.",
      "It ends when the script, its timers and its fetches have ended. Code of --code or standard input lives in an empty " +
      "folder: it can import npm: packages and node: modules, but no files.",
    ],
    arguments: [{ name: "SCRIPT", required: false, completes: "file" }],
    rest: "ARGUMENTS",
    examples: [
      { command: "nano eval script.ts", meaning: "runs a file" },
      { command: "nano eval --code 'export default 6 * 7'", meaning: "prints 42" },
      { command: "cat job.ts | nano eval - --timeout-ms 5000 --env DAY=monday", meaning: "from standard input" },
      { command: "nano eval script.ts -- one two", meaning: "arguments, in Deno.args and process.argv" },
    ],
    exitCodes: { 0: "the script ended", 1: "it threw, or hit a limit; its code is told" },
  },
  options: [
    { name: "code", value: "TEXT", summary: "the script itself, instead of a file" },
    { name: "memory-mb", value: "N", summary: "cap of the heap, and of what is held outside of it, in MiB (128)" },
    { name: "cpu-ms", value: "N", summary: "longest computation without a turn of the event loop (5000)" },
    { name: "timeout-ms", value: "N", summary: "longest run (30000)" },
    {
      name: "outbound",
      value: "POLICY",
      summary: "where it may connect to: public (the default), none, any, or hosts with commas between",
      completes: ["public", "none", "any"],
    },
    { name: "env", value: "NAME=VALUE", summary: "a variable", repeats: true },
  ],
  async run(line, io) {
    const temp = await Deno.makeTempDir({ prefix: "nano_eval_" });
    try {
      const path = await scriptPath(line, io, temp);
      const config = await evalConfig(line, { path, stateDir: join(temp, "state"), cwd: io.cwd });
      return await evaluate(config, line.rest, io);
    } finally {
      await Deno.remove(temp, { recursive: true });
    }
  },
};

async function scriptPath(line: CommandLine, io: CliIo, temp: string): Promise<string> {
  const code = line.text("code");
  const script = line.argument("SCRIPT");
  if (code === null && script === null) throw new CliError("USAGE", "Argument SCRIPT is missing; --code TEXT goes too");
  if (code !== null && script !== null) {
    throw new CliError("USAGE", `Cannot run "${script}" and --code: give one of them`);
  }
  if (script !== null && script !== "-") {
    const path = resolve(io.cwd, script);
    const stat = await Deno.stat(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
      throw error;
    });
    if (stat?.isFile !== true) {
      throw new CliError("USAGE", `Cannot run "${path}": ${stat === null ? "there is no such file" : "it is no file"}`);
    }
    return path;
  }
  // A folder apart from the state: it is the root of all that the script may import.
  const folder = join(temp, "code");
  await Deno.mkdir(folder);
  const path = join(folder, "script.ts");
  await Deno.writeTextFile(path, code ?? await io.stdin());
  return path;
}

interface EvalPlace {
  readonly path: string;
  readonly stateDir: string;
  readonly cwd: string;
}

async function evalConfig(line: CommandLine, { path, stateDir, cwd }: EvalPlace): Promise<NanoConfig> {
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const outbound = line.text("outbound");
  const document = {
    hostname: "127.0.0.1",
    port: 0,
    admin: false,
    state_dir: stateDir,
    // What the script left running when its answer came, nobody waits for.
    drain_timeout_ms: 0,
    default_app: APP,
    log: { level: "debug", format: "json" },
    apps: [{
      name: APP,
      path,
      env: variables(line.list("env")),
      memory_mb: line.whole("memory-mb", range) ?? undefined,
      cpu_ms: line.whole("cpu-ms", range) ?? undefined,
      timeout_ms: line.whole("timeout-ms", range) ?? undefined,
      outbound: outbound === null || ["public", "none", "any"].includes(outbound)
        ? outbound ?? undefined
        : outbound.split(","),
    }],
  };
  try {
    return await resolveConfig(document, { file: null, baseDir: cwd, hostEnv: () => undefined });
  } catch (error) {
    if (!(error instanceof NanoError) || error.code !== "CONFIG_INVALID") throw error;
    const details = error.details.map((detail) => detail.replaceAll("apps[0].", ""));
    throw new CliError("USAGE", "Cannot run the script with these options", details);
  }
}

function variables(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(given.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new CliError("USAGE", `Option "--env" needs NAME=VALUE, not "${text}"`);
    return [text.slice(0, at), text.slice(at + 1)];
  }));
}

async function evaluate(config: NanoConfig, args: readonly string[], io: CliIo): Promise<number> {
  const local = await localNames(config, io.cwd);
  const start = startListener(io);
  await using nano = await Nano.start(config, { evaluate: true, dev: true, write: start.write });
  if (start.failure() !== null) {
    io.err(`nano: ${local(start.failure()!)}`);
    return 1;
  }
  const uncaught: string[] = [];
  const forget = nano.events.listen((event) => {
    if (event.event === "app_log") {
      if (event.level === "warn" || event.level === "error") io.err(local(event.text));
      else io.out(event.text);
    }
    if (event.event === "app_exit" && event.reason === "uncaught_error") uncaught.push(event.detail);
  });
  const answer = await ask(nano.url, { args, color: wantsColor(io) }, io);
  forget();
  if (answer === null) {
    io.err("nano: Interrupted");
    return 1;
  }
  if ("code" in answer) {
    const told = uncaught.length > 0 ? uncaught.join("\n") : answer.detail.split("\n", 1)[0]!;
    io.err(`nano: ${local(told)} (${answer.code})`);
    return 1;
  }
  if (!answer.ok) {
    // What a timer threw, and what nobody caught, the log has told already.
    if (answer.error !== null) io.err(local(answer.error));
    return 1;
  }
  if (answer.value !== null) io.out(answer.value);
  if (answer.handler) io.err('nano: The script exports a handler; "nano dev" serves it');
  return 0;
}

/**
 * The isolate speaks of its files as `app:///script.ts`; whoever sits here wants to open them. A script without a file
 * is only named.
 */
async function localNames({ apps, stateDir }: NanoConfig, cwd: string): Promise<(text: string) => string> {
  const path = await Deno.realPath(apps[0]!.path);
  const isCode = path.startsWith(`${await Deno.realPath(dirname(stateDir))}/`);
  const root = relative(await Deno.realPath(cwd), dirname(path));
  const prefix = isCode ? "" : root === "" ? "./" : root.startsWith(".") ? `${root}/` : `./${root}/`;
  return (text) =>
    text.split("\n").filter((line) => !line.includes(EVAL_ENTRY)).join("\n").replaceAll("app:///", () => prefix);
}

/** Hears what is told before there is a NANO whose events could be listened to. */
function startListener(io: CliIo): { readonly write: (text: string) => void; readonly failure: () => string | null } {
  let failure: string | null = null;
  const hear = (line: string) => {
    const record: { event: string; text?: string; error?: string } = JSON.parse(line);
    if (record.event === "warning") io.err(`nano: ${record.text}`);
    if (record.event === "app_failed") failure ??= record.error ?? "The script cannot start";
  };
  return { write: (text) => text.split("\n").filter((line) => line !== "").forEach(hear), failure: () => failure };
}

interface Refusal {
  readonly code: string;
  readonly detail: string;
}

/** Runs the script. @returns how it went, a code when a limit ended it, or null after Ctrl+C */
async function ask(url: string, request: EvalRequest, io: CliIo): Promise<EvalAnswer | Refusal | null> {
  const stop = new AbortController();
  using _interrupt = io.onInterrupt(() => stop.abort());
  try {
    const { signal } = stop;
    const response = await fetch(url, { method: "POST", body: JSON.stringify(request), signal });
    return await response.json() as EvalAnswer | Refusal;
  } catch (error) {
    if (stop.signal.aborted) return null;
    throw error;
  }
}
