/** Reads what was given to a command, by what is written down of it, and refuses what it does not know. */
import { parseArgs } from "@std/cli";
import { CliError } from "../../process/cli_error.ts";
import type { CommandDoc } from "./command_doc.ts";
import { unknownWord } from "./unknown_word.ts";

/** Options and arguments of one call; names that are not written down of the command throw a TypeError. */
export class CommandLine {
  /** What followed `--`, where the command takes that. */
  readonly rest: readonly string[];
  readonly #doc: CommandDoc;
  readonly #options: ReadonlyMap<string, readonly string[]>;
  readonly #arguments: readonly string[];

  private constructor(
    doc: CommandDoc,
    given: Pick<CommandLine, "rest"> & {
      readonly options: ReadonlyMap<string, readonly string[]>;
      readonly arguments: readonly string[];
    },
  ) {
    this.#doc = doc;
    this.rest = given.rest;
    this.#options = given.options;
    this.#arguments = given.arguments;
  }

  /**
   * Reads arguments.
   * @throws {CliError} USAGE for an unknown option, a missing value, or too few or too many arguments
   */
  static async read(doc: CommandDoc, args: readonly string[]): Promise<CommandLine> {
    const texts = doc.options.filter(({ value }) => value !== null).map(({ name }) => name);
    const flags = doc.options.filter(({ value }) => value === null).map(({ name }) => name);
    const unknown: string[] = [];
    const parsed: Readonly<Record<string, unknown>> = parseArgs(withStdin(args, texts), {
      string: [...texts, "_"],
      boolean: flags,
      collect: texts,
      "--": true,
      unknown: (arg, key) => {
        if (key !== undefined) unknown.push(arg);
        return key === undefined;
      },
    });
    if (unknown.length > 0) {
      const known = doc.options.filter(({ hidden }) => hidden !== true).map(({ name }) => `--${name}`);
      throw await unknownWord("option", unknown[0]!, [...known, "--help"]);
    }
    const options = new Map<string, readonly string[]>();
    for (const { name, value, repeats } of doc.options) {
      const given = value === null ? (parsed[name] === true ? [""] : []) : (parsed[name] as string[]);
      if (value !== null && given.includes("")) throw new CliError("USAGE", `Option "--${name}" needs a value`);
      if (given.length > 1 && repeats !== true) {
        throw new CliError("USAGE", `Option "--${name}" was given ${given.length} times`);
      }
      options.set(name, given);
    }
    const rest = parsed["--"] as string[];
    const positionals = [...(parsed["_"] as unknown[]).map(String), ...doc.rest === null ? rest : []];
    const missing = doc.arguments[positionals.length];
    if (missing?.required) throw new CliError("USAGE", `Argument ${missing.name} is missing`);
    if (positionals.length > doc.arguments.length && doc.arguments.at(-1)?.repeats !== true) {
      throw new CliError("USAGE", `Unexpected argument "${positionals[doc.arguments.length]}"`);
    }
    return new CommandLine(doc, {
      rest: doc.rest === null ? [] : rest,
      options,
      arguments: positionals,
    });
  }

  /** Value of an option, or null. */
  text(name: string): string | null {
    return this.#given(name)[0] ?? null;
  }

  /** All values of an option that may be repeated. */
  list(name: string): readonly string[] {
    return this.#given(name);
  }

  /** Whether an option is on. */
  flag(name: string): boolean {
    return this.#given(name).length > 0;
  }

  /** An argument, or null when an optional one is not given. */
  argument(name: string): string | null {
    const at = this.#doc.arguments.findIndex((one) => one.name === name);
    if (at === -1) throw new TypeError(`nano ${this.#doc.name} takes no argument ${name}`);
    return this.#arguments[at] ?? null;
  }

  /** All values of the last argument, which may be repeated. */
  all(name: string): readonly string[] {
    return this.argument(name) === null ? [] : this.#arguments.slice(this.#doc.arguments.length - 1);
  }

  /** An argument that has to be there. */
  required(name: string): string {
    const value = this.argument(name);
    if (value === null) throw new CliError("USAGE", `Argument ${name} is missing`);
    return value;
  }

  /**
   * A whole number, or null when the option is not given.
   * @throws {CliError} USAGE when it is none, or out of range
   */
  whole(name: string, range: { readonly min: number; readonly max: number }): number | null {
    const text = this.text(name);
    return text === null ? null : wholeNumber(`Option "--${name}"`, text, range);
  }

  /**
   * A port, or null when the option is not given.
   * @throws {CliError} USAGE when it is none
   */
  port(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
    throw new CliError("USAGE", `Option "--${name}" needs a port from 0 to 65535, not "${text}"`);
  }

  #given(name: string): readonly string[] {
    const given = this.#options.get(name);
    if (given === undefined) throw new TypeError(`nano ${this.#doc.name} takes no option --${name}`);
    return given;
  }
}

/** `-` stands for stdin as a value, too, where the parser would take it for the next argument. */
function withStdin(args: readonly string[], texts: readonly string[]): string[] {
  return args.flatMap((arg, at) => {
    const takesValue = (word: string | undefined) => texts.some((name) => word === `--${name}`);
    if (arg === "-" && takesValue(args[at - 1])) return [];
    return args[at + 1] === "-" && takesValue(arg) ? [`${arg}=-`] : [arg];
  });
}

/**
 * A whole number in a range.
 * @param what for the message: `Option "--limit"`
 * @throws {CliError} USAGE
 */
export function wholeNumber(what: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value;
  throw new CliError("USAGE", `${what} needs a whole number from ${min} to ${max}, not "${text}"`);
}
