/** Reads the options of a command, and refuses what it does not know. */
import { parseArgs } from "@std/cli";
import { CliError } from "./cli_error.ts";

/** Which options and positional arguments a command takes; names without dashes. */
export interface OptionNames<T extends string, F extends string> {
  /** Options with a text. */
  readonly texts?: readonly T[];
  /** Options that are on or off. */
  readonly flags?: readonly F[];
  /** Names of the positional arguments, all of them required. */
  readonly positionals?: readonly string[];
}

/** What was given. */
export interface Options<T extends string, F extends string> {
  readonly texts: Readonly<Record<T, string | null>>;
  readonly flags: Readonly<Record<F, boolean>>;
  readonly positionals: readonly string[];
}

/**
 * Reads arguments.
 *
 * @throws {CliError} USAGE for an unknown option, a missing value, or too few or too many positional arguments
 */
export async function readOptions<T extends string = never, F extends string = never>(
  args: readonly string[],
  names: OptionNames<T, F>,
): Promise<Options<T, F>> {
  const texts = names.texts ?? [];
  const flags = names.flags ?? [];
  const expected = names.positionals ?? [];
  const unknown: string[] = [];
  const parsed: Readonly<Record<string, unknown>> = parseArgs([...args], {
    string: [...texts as readonly string[], "_"],
    boolean: [...flags as readonly string[]],
    unknown: (arg, key) => {
      if (key !== undefined) unknown.push(arg);
      return key === undefined;
    },
  });
  if (unknown.length > 0) {
    throw await unknownError(
      "option",
      unknown[0]!,
      [...texts, ...flags].map((name) => `--${name}`),
    );
  }
  for (const name of texts) {
    if (parsed[name] === "") throw new CliError("USAGE", `Option "--${name}" needs a value`);
  }
  const positionals = (parsed["_"] as readonly unknown[]).map(String);
  if (positionals.length < expected.length) {
    throw new CliError("USAGE", `Argument ${expected[positionals.length]} is missing`);
  }
  if (positionals.length > expected.length) {
    throw new CliError("USAGE", `Unexpected argument "${positionals[expected.length]}"`);
  }
  return {
    texts: Object.fromEntries(texts.map((name) => [name, parsed[name] ?? null])) as Options<T, F>["texts"],
    flags: Object.fromEntries(flags.map((name) => [name, parsed[name] === true])) as Options<T, F>["flags"],
    positionals,
  };
}

/**
 * A port number, or null when the option is not given.
 * @throws {CliError} USAGE when the text is no port
 */
export function portOption(name: string, text: string | null): number | null {
  if (text === null) return null;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new CliError("USAGE", `Option "--${name}" needs a port from 0 to 65535, not "${text}"`);
}

/** The error for an unknown word, with the nearest known one. */
export async function unknownError(what: string, word: string, known: readonly string[]): Promise<CliError> {
  const { nearestKey } = await import("../../runtime/mod.ts");
  const nearest = nearestKey(word.split("=")[0]!, known);
  const hint = nearest === null ? "" : `. Did you mean "${nearest}"?`;
  return new CliError("USAGE", `Unknown ${what} "${word}"${hint}`);
}
