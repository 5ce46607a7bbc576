/** `deno task corpus [--in FOLDER] [NAME…]`: every package of the corpus in plain Deno and in NANO, as a table and docs/corpus.json. */
import { corpusMarkdown, type CorpusResult } from "../../docs/scripts/corpus_table.ts";
import { REPO } from "../support/repo.ts";
import { InstalledCorpus } from "./installed_corpus.ts";
import { runInDeno } from "./run_in_deno.ts";
import { runInNano } from "./run_in_nano.ts";

/** Isolates at once: a small machine holds them, beside the threads that bundle. */
const BATCH = 8;

if (import.meta.main) await main(Deno.args);

/** With names, only these packages run, and nothing is written; with a folder, what is installed stays there. */
async function main(args: readonly string[]): Promise<void> {
  const [folder, names] = args[0] === "--in" ? [args[1], args.slice(2)] : [undefined, args];
  await using corpus = await InstalledCorpus.create("all", folder);
  const entries = corpus.entries.filter(({ name }) => names.length === 0 || names.includes(name));
  const results: CorpusResult[] = [];
  for (let at = 0; at < entries.length; at += BATCH) {
    const batch = entries.slice(at, at + BATCH);
    const app = await runInNano(corpus, batch, "app");
    const worker = await runInNano(corpus, batch, "worker");
    for (const entry of batch) {
      const { name, version } = entry;
      const result = {
        name,
        version,
        deno: await runInDeno(corpus, entry),
        nano: app.get(name)!,
        workers: worker.get(name)!,
      };
      results.push(result);
      console.error(`${results.length}/${entries.length} ${JSON.stringify(result)}`);
    }
  }
  console.log(corpusMarkdown(results));
  if (names.length > 0) return;
  await Deno.writeTextFile(new URL("docs/corpus.json", REPO), `${JSON.stringify(results, null, 2)}\n`);
}
