/**
 * A stand-in for `jsr:@std/cli`: `parseArgs` with the same names, signature and results, only the options NANO uses.
 *
 * Left out: dotted keys as nested objects, and a cluster of short flags with a value inside (`-n5`).
 *
 * @module
 */

/** How {@linkcode parseArgs} reads the arguments. */
export interface ParseOptions<B extends string, S extends string, C extends string, D, DoubleDash> {
  /** Flags without a value; always present in the result. */
  boolean?: B | readonly B[];
  /** Flags with a text; `_` keeps positional arguments texts too. */
  string?: S | readonly S[];
  /** Flags that may be given several times; always a list in the result. */
  collect?: C | readonly C[];
  /** Boolean flags that `--no-name` turns off. */
  negatable?: string | readonly string[];
  /** Other names of a flag. */
  alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Values of flags that are not given. */
  default?: D;
  /** All after the first positional argument stays as it is. */
  stopEarly?: boolean;
  /** Puts what follows `--` into the result's `--` instead of `_`. */
  "--"?: DoubleDash;
  /** Called for every argument that nobody declared; `false` leaves it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

type Flags<B extends string, S extends string, C extends string, D> =
  & { [K in Exclude<B, C>]: boolean }
  & { [K in Exclude<S, C | "_" | keyof D>]: string | undefined }
  & { [K in Exclude<S & keyof D, C | "_">]: string }
  & { [K in C]: (K extends S ? string : K extends B ? boolean : unknown)[] };

/** What {@linkcode parseArgs} returns. */
export type Args<B extends string, S extends string, C extends string, D, DoubleDash> =
  & { [name: string]: unknown }
  & Flags<B, S, C, D>
  & { _: "_" extends S ? string[] : (string | number)[] }
  & (DoubleDash extends true ? { "--": string[] } : unknown);

function list<T extends string>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

/** Takes command line arguments apart; a numeric text is a number unless its flag is declared as a string. */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends string = never,
  const D extends Readonly<Record<string, unknown>> = Record<never, never>,
  const DoubleDash extends boolean = false,
>(args: readonly string[], options: ParseOptions<B, S, C, D, DoubleDash> = {}): Args<B, S, C, D, DoubleDash> {
  const same = new Map<string, readonly string[]>();
  for (const [name, others] of Object.entries(options.alias ?? {})) {
    const group = [name, ...list(others)];
    for (const one of group) same.set(one, group);
  }
  const namesOf = (key: string) => same.get(key) ?? [key];
  const setOf = (value: string | readonly string[] | undefined) => new Set(list(value).flatMap(namesOf));
  const booleans = setOf(options.boolean);
  const strings = setOf(options.string);
  const collected = setOf(options.collect);
  const negatable = setOf(options.negatable);

  const flags = new Map<string, unknown>();
  const positional: (string | number)[] = [];

  function set(key: string, given: string | boolean, arg: string): void {
    const declared = booleans.has(key) || strings.has(key) || same.has(key);
    if (!declared && options.unknown?.(arg, key, given) === false) return;
    const value = typeof given === "string" && !strings.has(key) && isNumber(given) ? Number(given) : given;
    for (const name of namesOf(key)) {
      if (!collected.has(name)) flags.set(name, value);
      else flags.set(name, [...(flags.get(name) as unknown[] | undefined) ?? [], value]);
    }
  }

  const end = args.indexOf("--");
  const rest = end === -1 ? [] : args.slice(end + 1);
  const parsed = end === -1 ? args : args.slice(0, end);

  for (let i = 0; i < parsed.length; i++) {
    const arg = parsed[i]!;
    const match = /^(--?)([^=]+)(?:=(.*))?$/s.exec(arg);
    if (!match || arg === "-") {
      if (options.unknown?.(arg) !== false) positional.push(strings.has("_") || !isNumber(arg) ? arg : Number(arg));
      if (!options.stopEarly) continue;
      positional.push(...parsed.slice(i + 1));
      break;
    }
    const [, dashes, name, inline] = match as unknown as [string, string, string, string | undefined];
    const key = dashes === "--" ? name : name.at(-1)!;
    if (dashes === "-") { for (const letter of name.slice(0, -1)) set(letter, strings.has(letter) ? "" : true, arg); }
    const next = parsed[i + 1];
    if (inline !== undefined && inline !== "") {
      set(key, booleans.has(key) ? inline !== "false" : inline, arg);
    } else if (inline === undefined && key.startsWith("no-") && negatable.has(key.slice(3))) {
      set(key.slice(3), false, arg);
    } else if (inline === undefined && next && !next.startsWith("-") && !booleans.has(key)) {
      set(key, next, arg);
      i++;
    } else if (inline === undefined && (next === "true" || next === "false")) {
      set(key, next === "true", arg);
      i++;
    } else {
      set(key, strings.has(key) ? "" : true, arg);
    }
  }

  for (const [name, value] of Object.entries(options.default ?? {})) {
    for (const one of flags.has(name) ? [] : namesOf(name)) flags.set(one, value);
  }
  for (const name of booleans) if (!flags.has(name)) flags.set(name, collected.has(name) ? [] : false);
  for (const name of strings) if (!flags.has(name) && collected.has(name)) flags.set(name, []);

  const result = Object.fromEntries(flags);
  result["_"] = options["--"] ? positional : [...positional, ...rest];
  if (options["--"]) result["--"] = rest;
  return result as Args<B, S, C, D, DoubleDash>;
}
