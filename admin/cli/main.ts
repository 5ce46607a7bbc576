/** The command line: finds the command, runs it, shows its errors. */
import { CliError } from "./cli_error.ts";
import { type CliIo, type Command, processIo } from "./cli_io.ts";
import { unknownError } from "./options.ts";

interface Entry {
  readonly usage: string;
  readonly summary: string;
  /** Loaded on use, so that the guardian's process stays small. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

const COMMANDS: ReadonlyMap<string, Entry> = new Map([
  ["start", {
    usage: "start [--config FILE]",
    summary: "Serve the apps of nano.json",
    load: () => import("./start.ts"),
  }],
  ["dev", { usage: "dev PATH", summary: "Serve one app without a configuration", load: () => import("./dev.ts") }],
  ["check", {
    usage: "check [--config FILE]",
    summary: "Look for mistakes in nano.json",
    load: () => import("./check.ts"),
  }],
  ["token", {
    usage: "token [--config FILE]",
    summary: "Print the token of the admin API",
    load: () => import("./token.ts"),
  }],
]);

const EXIT_CODES: Readonly<Record<string, number>> = { USAGE: 2, CONFIG_INVALID: 3 };

function helpText(): string {
  const width = Math.max(...[...COMMANDS.values()].map(({ usage }) => usage.length));
  return [
    "NANO runs many web apps in one process, an isolate each.",
    "",
    "Usage: nano COMMAND [OPTIONS]",
    "",
    ...[...COMMANDS.values()].map(({ usage, summary }) => `  nano ${usage.padEnd(width)}  ${summary}`),
    `  nano ${"COMMAND --help".padEnd(width)}  Explain one command`,
    `  nano ${"--version".padEnd(width)}  Print the version`,
    "",
    "Exit codes: 0 done, 1 failed, 2 wrong use, 3 configuration refused.",
  ].join("\n");
}

/**
 * Runs one command line.
 *
 * @param args arguments after the program's name
 * @returns the exit code
 */
export async function main(args: readonly string[], io: CliIo = processIo()): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    return showError(error, io);
  }
}

async function dispatch(args: readonly string[], io: CliIo): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    io.err(helpText());
    return 2;
  }
  if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    io.out(helpText());
    return 0;
  }
  if (name === "--version" || name === "-V") {
    const { NANO_VERSION } = await import("../../runtime/mod.ts");
    io.out(`nano ${NANO_VERSION}`);
    return 0;
  }
  if (name === "help") return await dispatch([rest[0]!, "--help"], io);
  const entry = COMMANDS.get(name);
  if (entry === undefined) {
    const kind = name.startsWith("-") ? "option" : "command";
    throw await unknownError(kind, name, kind === "option" ? ["--help", "--version"] : [...COMMANDS.keys()]);
  }
  const { command } = await entry.load();
  const end = rest.indexOf("--");
  if ((end === -1 ? rest : rest.slice(0, end)).some((arg) => arg === "--help" || arg === "-h")) {
    io.out(command.help);
    return 0;
  }
  return await command.run(rest, io);
}

function showError(error: unknown, io: CliIo): number {
  const code = error instanceof Error && "code" in error ? String(error.code) : null;
  if (error instanceof CliError || (error instanceof Error && error.name === "NanoError")) {
    io.err(`nano: ${error.message}`);
    const details = (error as CliError).details.filter((detail) => !error.message.includes(detail));
    for (const detail of details) io.err(`  - ${detail}`);
    if (code === "USAGE") io.err('Run "nano --help" for what there is.');
    return EXIT_CODES[code ?? ""] ?? 1;
  }
  // A fault of NANO itself: its trace is what a bug report needs.
  io.err(`nano: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
  return 1;
}

// The guardian's process starts here and not in mod.ts, which loads the whole runtime with its first line.
if (import.meta.main) Deno.exit(await main(Deno.args));
