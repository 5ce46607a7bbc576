/** `deno task corpus [--in FOLDER] [NAME…]`: every package of the corpus in plain Deno and in NANO, as a table and docs/corpus.json. */
import { corpusMarkdown, type CorpusResult } from "../../docs/scripts/corpus_table.ts";
import { REPO } from "../support/repo.ts";
import { InstalledCorpus } from "./installed_corpus.ts";
import { runInDeno } from "./run_in_deno.ts";
import { runInNano } from "./run_in_nano.ts";

/** Isolates at once: a small machine holds them, beside the threads that bundle. */
const BATCH = 8;
const RESULTS = new URL("docs/corpus.json", REPO);

if (import.meta.main) await main(Deno.args);

/** With names, only these rows are made anew; with a folder, what is installed stays there. */
async function main(args: readonly string[]): Promise<void> {
  const [folder, names] = args[0] === "--in" ? [args[1], args.slice(2)] : [undefined, args];
  await using corpus = await InstalledCorpus.create("all", folder);
  const entries = corpus.entries.filter(({ name }) => names.length === 0 || names.includes(name));
  const rows = new Map(names.length === 0 ? [] : (await knownRows()).map((row) => [row.name, row]));
  for (let at = 0; at < entries.length; at += BATCH) {
    const batch = entries.slice(at, at + BATCH);
    const app = await runInNano(corpus, batch, "app");
    const worker = await runInNano(corpus, batch, "worker");
    for (const entry of batch) {
      const { name, version } = entry;
      const deno = await runInDeno(corpus, entry);
      const row = { name, version, deno, nano: app.get(name)!, workers: worker.get(name)! };
      rows.set(name, row);
      console.error(JSON.stringify(row));
    }
    // Batch by batch: a run takes a quarter of an hour
    const sorted = [...rows.values()].sort((a, b) => a.name < b.name ? -1 : 1);
    await Deno.writeTextFile(RESULTS, `${JSON.stringify(sorted, null, 2)}\n`);
  }
  console.log(corpusMarkdown(await knownRows()));
}

async function knownRows(): Promise<CorpusResult[]> {
  return JSON.parse(await Deno.readTextFile(RESULTS));
}
