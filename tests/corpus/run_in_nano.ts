/** Runs packages of the corpus in NANO: an app for each, a few apps at once. */
import { loadConfig, Nano } from "../../runtime/mod.ts";
import { firstReason } from "./first_reason.ts";
import { appName, type InstalledCorpus, type Resolution } from "./installed_corpus.ts";
import type { CorpusEntry } from "./corpus_entries.ts";

/** Bundling and booting share the machine with what else runs there. */
const REQUEST_MS = 60_000;

/**
 * Starts the apps of some packages, and asks each for what its snippet does.
 * @returns by package what is wrong, or null when it does its one thing
 */
export async function runInNano(
  corpus: InstalledCorpus,
  entries: readonly CorpusEntry[],
  resolution: Resolution,
): Promise<Map<string, string | null>> {
  const app = (entry: CorpusEntry) => ({
    name: appName(entry, resolution),
    path: corpus.folder(entry, resolution),
    root: corpus.dir,
    port: 0,
    outbound: "none",
    // A port of its own in plain Deno; here any number does
    env: { PORT: "3000" },
    memory_mb: 512,
    cpu_ms: 30_000,
    timeout_ms: REQUEST_MS,
  });
  const config = `${corpus.dir}/nano.json`;
  await Deno.writeTextFile(
    config,
    JSON.stringify({ hostname: "127.0.0.1", port: 0, admin: false, apps: entries.map(app) }),
  );
  await using nano = await Nano.start(await loadConfig(config), { write: () => {} });
  const broken = new Map(nano.apps().map(({ name, error }) => [name, error]));
  const outcomes = new Map<string, string | null>();
  for (const entry of entries) {
    const name = appName(entry, resolution);
    const error = broken.get(name) ?? null;
    const port = nano.ownPorts.get(name);
    if (error !== null) outcomes.set(entry.name, firstReason(error));
    else outcomes.set(entry.name, await ask(`http://127.0.0.1:${port}/?a=1`, entry.expected));
  }
  return outcomes;
}

async function ask(url: string, expected: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS) });
    const text = await response.text();
    if (!response.ok) return firstReason(`${response.headers.get("nano-error") ?? ""} ${text}`.trim());
    return text === expected ? null : firstReason(`It answers ${text} instead of ${expected}`);
  } catch (error) {
    return firstReason(String(error));
  }
}
