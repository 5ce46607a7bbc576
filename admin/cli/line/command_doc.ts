/** What is written down of a command: help, completions and the docs page are made from it. */

/** What can stand in a place of the command line, for completions. */
export type Completes = "file" | "folder" | "app" | "command" | readonly string[];

/** An option. */
export interface OptionDoc {
  /** Without dashes. */
  readonly name: string;
  /** Placeholder of its value, as `FILE`; null for one that is on or off. */
  readonly value: string | null;
  readonly summary: string;
  /** Whether it may be given several times. */
  readonly repeats?: boolean;
  /** Not for people. */
  readonly hidden?: boolean;
  readonly completes?: Completes;
}

/** A positional argument. */
export interface ArgumentDoc {
  /** As in the usage: `APP`. */
  readonly name: string;
  readonly required: boolean;
  /** Whether more of the same may follow; of the last one only. */
  readonly repeats?: boolean;
  readonly completes?: Completes;
}

/** An example with what it does. */
export interface ExampleDoc {
  readonly command: string;
  readonly meaning: string;
}

/** A command. */
export interface CommandDoc {
  readonly name: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly arguments: readonly ArgumentDoc[];
  /** What may follow `--`, or null when it is taken for more arguments. */
  readonly rest: string | null;
  readonly options: readonly OptionDoc[];
  readonly examples: readonly ExampleDoc[];
  /** Meaning of the exit codes, where they say more than the usual ones. */
  readonly exitCodes: Readonly<Record<number, string>>;
  /** Whether it talks to a running NANO. */
  readonly online: boolean;
}

/** Meaning of the exit codes of every command. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  0: "done",
  1: "failed",
  2: "wrong use",
  3: "configuration refused",
};

/** The first line of the help: `nano deploy FOLDER [--name NAME] …`. */
export function usageOf(doc: CommandDoc): string {
  const options = doc.options.filter(({ hidden }) => hidden !== true).map(({ name, value, repeats }) =>
    `[--${name}${value === null ? "" : ` ${value}`}]${repeats === true ? "…" : ""}`
  );
  const rest = doc.rest === null ? [] : [`[-- ${doc.rest}]`];
  return [shortUsageOf(doc), ...options, ...rest].join(" ");
}

/** The same without options. */
export function shortUsageOf(doc: CommandDoc): string {
  return ["nano", doc.name, ...doc.arguments.map(placeOf)].join(" ");
}

function placeOf({ name, required, repeats }: ArgumentDoc): string {
  return `${required ? name : `[${name}]`}${repeats === true ? "…" : ""}`;
}
