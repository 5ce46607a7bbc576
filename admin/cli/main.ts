/** The command line: finds the command, runs it, shows its errors. */
import { type CliIo, processIo } from "./terminal/cli_io.ts";
import { CommandLine } from "./line/command_line.ts";
import { COMMAND_GROUPS, COMMAND_NAMES, commandDocs, findCommand, nameOf } from "./command_index.ts";
import { docOf } from "./line/command.ts";
import type { CommandDoc } from "./line/command_doc.ts";
import { unknownWord } from "./line/unknown_word.ts";

const EXIT_CODES: Readonly<Record<string, number>> = { USAGE: 2, CONFIG_INVALID: 3 };

/**
 * Runs one command line.
 *
 * @param args arguments after the program's name
 * @returns the exit code
 */
export async function main(args: readonly string[], io: CliIo = processIo()): Promise<number> {
  const ran: Ran = { doc: null };
  try {
    return await dispatch(args, io, ran);
  } catch (error) {
    return showError(error, io, ran);
  }
}

/** What a command line came to. */
interface Ran {
  /** Of the command, once it is known. */
  doc: CommandDoc | null;
}

async function dispatch(args: readonly string[], io: CliIo, ran: Ran): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    io.err(await overview());
    return 2;
  }
  if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    io.out(await overview());
    return 0;
  }
  if (name === "--version" || name === "-V") {
    const { NANO_VERSION } = await import("../../runtime/mod.ts");
    io.out(`nano ${NANO_VERSION}`);
    return 0;
  }
  if (name === "help") return await dispatch([...rest, "--help"], io, ran);
  const whole = nameOf(args);
  const command = whole === null ? null : await findCommand(whole);
  if (command === null) {
    if (Object.hasOwn(COMMAND_GROUPS, name)) return await dispatchGroup(name, rest, io);
    const kind = name.startsWith("-") ? "option" : "command";
    throw await unknownWord(kind, name, kind === "option" ? ["--help", "--version"] : firstWords());
  }
  const given = args.slice(whole!.split(" ").length);
  const doc = docOf(command);
  if (asksForHelp(given)) {
    const { helpText } = await import("./line/help_text.ts");
    io.out(helpText(doc));
    return 0;
  }
  ran.doc = doc;
  const line = await CommandLine.read(doc, given);
  return await command.run(line, io, { docs: commandDocs });
}

/** Words that begin the name of several commands, and of none. */
async function dispatchGroup(name: string, rest: readonly string[], io: CliIo): Promise<number> {
  const { groupText } = await import("./line/help_text.ts");
  const docs = (await commandDocs()).filter((doc) => doc.name.startsWith(`${name} `));
  const words = rest.filter((word) => !word.startsWith("-"));
  const option = asksForHelp(rest) ? undefined : rest.find((word) => word.startsWith("-"));
  if (words.length === 0 && option !== undefined) throw await unknownWord("option", option, ["--help"]);
  const known = docs.map((doc) => doc.name.slice(name.length + 1));
  const isBegun = words.length === 0 || known.some((one) => one.startsWith(`${words.join(" ")} `));
  if (!isBegun) throw await unknownWord(`command "${name}" with`, words.slice(0, 2).join(" "), known);
  const text = groupText(COMMAND_GROUPS[name]!, docs);
  if (asksForHelp(rest)) io.out(text);
  else io.err(text);
  return asksForHelp(rest) ? 0 : 2;
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

function firstWords(): readonly string[] {
  return [...new Set(COMMAND_NAMES.map((name) => name.split(" ", 1)[0]!))];
}

async function overview(): Promise<string> {
  const { overviewText } = await import("./line/help_text.ts");
  return overviewText(await commandDocs(), COMMAND_GROUPS);
}

function showError(error: unknown, io: CliIo, { doc }: Ran): number {
  if (!isCoded(error)) {
    // A fault of NANO itself: its trace is what a bug report needs.
    io.err(`nano: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
    return 1;
  }
  const { code, message, details } = error;
  // Of an answer of a running NANO the code is told: it is what the admin API's docs explain.
  io.err(`nano: ${message}${error.name === "AdminError" ? ` (${code})` : ""}`);
  for (const detail of details) if (!message.includes(detail)) io.err(`  - ${detail.replaceAll("\n", "\n    ")}`);
  if (code === "USAGE" && error.name !== "AdminError") io.err('Run "nano --help" for what there is.');
  // What a running NANO refuses of an app is no configuration's fault, unless the command is about that.
  const isOfApp = error.name === "AdminError" && code === "CONFIG_INVALID" && doc?.exitCodes[3] === undefined;
  return isOfApp ? 1 : EXIT_CODES[code] ?? 1;
}

/** Errors that explain themselves; told by name, since the guardian's process does not load their classes. */
function isCoded(error: unknown): error is Error & { readonly code: string; readonly details: readonly string[] } {
  return error instanceof Error && ["CliError", "NanoError", "AdminError"].includes(error.name);
}

/** Not a command of people: a compiled NANO starts itself so for the SQL of apps, see runtime/data/sql_process.ts. */
const SQL_WORD = "sql-process";
/** The same for an isolate that is a process of its own, see runtime/pool/process_child.ts. */
const ISOLATE_WORD = "isolate-process";

// The guardian's process starts here and not in mod.ts, which loads the whole runtime with its first line.
if (import.meta.main) {
  // It needs nothing of the rest, and ends by itself.
  if (Deno.args[0] === SQL_WORD) await import(new URL("../../runtime/data/sql_main.ts", import.meta.url).href);
  else if (Deno.args[0] === ISOLATE_WORD) {
    const first = await import(new URL("../../runtime/pool/process_module.ts", import.meta.url).href);
    await import(first.PROCESS_MODULE.href);
  } else Deno.exit(await main(Deno.args));
}
