/** Commands of several words as one command with words for arguments, as completions take them. */
import type { CommandDoc, OptionDoc } from "./command_doc.ts";

/** All commands, those that share their first word as one. */
export function docsByFirstWord(docs: readonly CommandDoc[]): readonly CommandDoc[] {
  const groups = Map.groupBy(docs, ({ name }) => name.split(" ", 1)[0]!);
  return [...groups].map(([first, own]) => {
    if (own.length === 1 && own[0]!.name === first) return own[0]!;
    const wordsAt = (place: number) => {
      const words = own.map(({ name }) => name.split(" ")[place]).filter((word) => word !== undefined);
      return [...new Set(words)];
    };
    const options = new Map<string, OptionDoc>(own.flatMap((doc) => doc.options).map((one) => [one.name, one]));
    const places = [wordsAt(1), wordsAt(2)].filter((words) => words.length > 0);
    return {
      ...own[0]!,
      name: first,
      summary: `Commands: ${wordsAt(1).join(", ")}`,
      arguments: places.map((completes) => ({ name: "COMMAND", required: true, completes })),
      options: [...options.values()],
    };
  });
}
