/** Runs a package of the corpus in plain Deno, in a process of its own. */
import { firstReason } from "./first_reason.ts";
import type { InstalledCorpus } from "./installed_corpus.ts";
import type { CorpusEntry } from "./corpus_entries.ts";
import { freePort } from "../support/free_port.ts";

const RUN_MS = 120_000;
/** Marks the line with what came out: packages may write to stdout as well. */
const MARK = "what came out: ";

/** Run in the process: takes the app's file, the kind of the snippet and a port. */
const DRIVER = `const [file, kind, port] = Deno.args;
const { default: main } = await import(file);
const url = "http://127.0.0.1:" + port + "/?a=1";
const ask = async () => {
  if (kind !== "server") return await main.fetch(new Request(url), {}, { waitUntil() {} });
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetch(url);
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
};
console.log(${JSON.stringify(MARK)} + await (await ask()).text());
Deno.exit(0);
`;

/** @returns what is wrong, or null when the package does its one thing */
export async function runInDeno(corpus: InstalledCorpus, entry: CorpusEntry): Promise<string | null> {
  const port = freePort();
  const driver = `${corpus.dir}/driver.mjs`;
  await Deno.writeTextFile(driver, DRIVER);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", driver, `${corpus.folder(entry, "app")}/index.mjs`, entry.kind, String(port)],
    cwd: corpus.dir,
    env: { PORT: String(port), NODE_ENV: "production", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(RUN_MS),
  }).output();
  const out = new TextDecoder().decode(stdout).split("\n").find((line) => line.startsWith(MARK))?.slice(MARK.length);
  if (out === undefined) return firstReason(new TextDecoder().decode(stderr) || `It says nothing in ${RUN_MS} ms`);
  return out === entry.expected ? null : firstReason(`It answers ${out} instead of ${entry.expected}`);
}
