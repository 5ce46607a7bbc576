/** Which store of data a command is about: by its name, or by the binding of an app. */
import { CliError } from "../../process/cli_error.ts";
import type { CommandLine } from "../line/command_line.ts";
import type { OptionDoc } from "../line/command_doc.ts";

/** A store and who uses it. */
export interface UsedStore {
  readonly name: string;
  readonly uses: readonly { readonly app: string; readonly binding: string }[];
}

/** For stores that are named by an app's binding. */
export const BINDING_OPTIONS: readonly OptionDoc[] = [
  { name: "binding", value: "NAME", summary: "the one that an app has by this name in env" },
  { name: "app", value: "APP", summary: "which app, when several have such a binding", completes: "app" },
];

/** What a command says of the store that it means. */
export interface StoreWords {
  /** As people call it: "KV namespace". */
  readonly what: string;
  /** The given name, or null. */
  readonly name: string | null;
  /** What names one, for messages. */
  readonly option: string;
}

/** @throws {CliError} USAGE when none is named, or two ways at once */
export function checkStoreOptions(line: CommandLine, { what, name, option }: StoreWords): void {
  const binding = line.text("binding");
  if (name === null && binding === null) {
    throw new CliError("USAGE", `Which ${what}? Give ${option}, or --binding NAME`);
  }
  if (name !== null && binding !== null) {
    throw new CliError("USAGE", `${option} and --binding exclude each other`);
  }
}

/**
 * The name of the store.
 * @param stores asked for when a binding names it
 * @throws {CliError} USAGE when the binding leads to none, or to several
 */
export async function chosenStore(
  line: CommandLine,
  words: StoreWords,
  stores: () => Promise<readonly UsedStore[]>,
): Promise<string> {
  if (words.name !== null) return words.name;
  const [binding, app] = [line.text("binding")!, line.text("app")];
  const found = (await stores()).filter(({ uses }) =>
    uses.some((use) => use.binding === binding && (app === null || use.app === app))
  );
  if (found.length === 1) return found[0]!.name;
  const of = app === null ? "No app has" : `App "${app}" has not`;
  if (found.length === 0) throw new CliError("USAGE", `${of} a ${words.what} by the name "${binding}"`);
  const apps = found.flatMap(({ uses }) => uses.filter((use) => use.binding === binding).map((use) => use.app));
  throw new CliError("USAGE", `Several apps have a ${words.what} by the name "${binding}": give --app APP`, apps);
}
