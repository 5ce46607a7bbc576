import { assertEquals } from "@std/assert";
import { corpusMarkdown, type CorpusResult } from "../../docs/scripts/corpus_table.ts";
import { corpusEntries } from "../corpus/corpus_entries.ts";
import { REPO } from "../support/repo.ts";

Deno.test("The results are of the packages of the corpus, in their versions", async () => {
  const results: CorpusResult[] = JSON.parse(await Deno.readTextFile(new URL("docs/corpus.json", REPO)));
  const entries = await corpusEntries("all");
  assertEquals(entries.length, 345);
  assertEquals(
    results.map(({ name, version }) => `${name}@${version}`),
    entries.map(({ name, version }) => `${name}@${version}`),
  );
});

Deno.test("Every package that runs in each test run is one of the corpus, in the same version", async () => {
  const all = new Map((await corpusEntries("all")).map((entry) => [entry.name, entry]));
  const tested = await corpusEntries("tested");
  assertEquals(tested.length, 40);
  for (const entry of tested) assertEquals(entry, all.get(entry.name));
});

Deno.test("The table counts what works, and tells in a cell that breaks nothing why something does not", () => {
  const works = { name: "zod", version: "4.0.0", deno: null, nano: null, workers: null };
  const markdown = corpusMarkdown([
    works,
    { ...works, name: "sharp", nano: "No `sharp` | here", workers: "It is not there" },
    { ...works, name: "old", deno: "It is late" },
  ]);
  assertEquals(
    markdown.split("\n")[0],
    "Of 3 packages, 2 do their one thing in plain Deno, 2 in an app of NANO, 2 in a Workers project.",
  );
  assertEquals(markdown.split("\n").slice(4), [
    "| `zod` | 4.0.0 | yes | yes | yes |  |",
    "| `sharp` | 4.0.0 | yes | no | no | `No 'sharp' ' here` |",
    "| `old` | 4.0.0 | no | yes | yes | `Deno: It is late` |",
  ]);
});
