/** Forty packages of the corpus, of different kinds, do their one thing: as an ordinary app and as a Workers project. */
import { assertEquals } from "@std/assert";
import { InstalledCorpus, type Resolution, RESOLUTIONS } from "./installed_corpus.ts";
import { runInNano } from "./run_in_nano.ts";

/** Isolates at once. */
const BATCH = 10;
/** Their builds for browsers, which a Workers project gets, lack what the snippet does; Cloudflare takes the same ones. */
const KNOWN: Readonly<Record<Resolution, Readonly<Record<string, string>>>> = {
  app: {},
  worker: {
    "pino": 'It answers [] instead of ["{\\"level\\":30,\\"a\\":1,\\"msg\\":\\"hello\\"}\\n"]',
    "socket.io": "this.opts.wsEngine is not a constructor",
  },
};

Deno.test({
  name: "Packages of npm do what they are for",
  // The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
  sanitizeResources: false,
  sanitizeOps: false,
  async fn(t) {
    await using corpus = await InstalledCorpus.create("tested");
    assertEquals(corpus.entries.length, 40);
    for (const resolution of RESOLUTIONS) {
      for (let at = 0; at < corpus.entries.length; at += BATCH) {
        const batch = corpus.entries.slice(at, at + BATCH);
        await t.step(`${resolution}: ${batch.map(({ name }) => name).join(", ")}`, async () => {
          const outcomes = Object.fromEntries(await runInNano(corpus, batch, resolution));
          const known = KNOWN[resolution];
          assertEquals(outcomes, Object.fromEntries(batch.map(({ name }) => [name, known[name] ?? null])));
        });
      }
    }
  },
});
