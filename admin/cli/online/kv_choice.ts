/** Which KV namespace a command is about. */
import type { OptionDoc } from "../line/command_doc.ts";
import type { CommandLine } from "../line/command_line.ts";
import type { Online } from "./online_command.ts";
import { BINDING_OPTIONS, checkStoreOptions, chosenStore, type StoreWords } from "./store_choice.ts";

/** In the order of the help. */
export const KV_OPTIONS: readonly OptionDoc[] = [
  { name: "namespace", value: "NAME", summary: "the KV namespace, as nano kv namespace list names it" },
  // As wrangler calls it.
  { name: "namespace-id", value: "NAME", summary: "the same", hidden: true },
  ...BINDING_OPTIONS,
];

/** @throws {CliError} USAGE */
export function kvCheck(line: CommandLine): void {
  checkStoreOptions(line, wordsOf(line));
}

/** Its name. @throws {CliError} USAGE */
export async function namespaceOf({ line, client }: Online): Promise<string> {
  return await chosenStore(line, wordsOf(line), () => client.kv.namespaces());
}

function wordsOf(line: CommandLine): StoreWords {
  return {
    what: "KV namespace",
    name: line.text("namespace") ?? line.text("namespace-id"),
    option: "--namespace NAME",
  };
}
