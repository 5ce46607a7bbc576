/**
 * The hostile corpus: every case ends with the right code for its own client, a canary that sings, no lost request of a
 * neighbour, and the same process. `deno task test` runs every third case, `deno task test:hostile` all of them; a case
 * is a record in a file of `cases/`.
 */
import { assert, assertEquals } from "@std/assert";
import { CorpusScene } from "./corpus_scene.ts";
import { FAMILIES } from "./families.ts";
import type { HostileFamily } from "./hostile_case.ts";
import { openOwn, type PlacedCase, runCase, wantsOwnHost } from "./run_case.ts";

/** Every n-th case runs. */
const EVERY = Deno.env.get("NANO_CORPUS") === "all" ? 1 : 3;

function placedCases({ name, cases }: HostileFamily): PlacedCase[] {
  return cases.flatMap((one) =>
    (one.places ?? ["handler" as const]).map((place) => {
      const title = place === "handler" ? `${name}: ${one.name}` : `${name}: ${one.name}, ${whereText(place)}`;
      return { one, place, title, app: title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").slice(0, 60) };
    })
  );
}

function whereText(place: PlacedCase["place"]): string {
  if (place === "after the response") return place;
  return place === "drain" ? "while it drains" : place === "top level" ? "at top level" : `in a ${place}`;
}

const ALL = FAMILIES.map((family) => ({ family, placed: placedCases(family) }));

Deno.test("The corpus has 120 cases or more, each under a name of its own", () => {
  const titles = ALL.flatMap(({ placed }) => placed.map(({ app }) => app));
  assertEquals(titles.length, new Set(titles).size);
  const records = FAMILIES.reduce((sum, { cases }) => sum + cases.length, 0);
  assert(records >= 120, `${records} records`);
  console.log(`hostile corpus: ${records} records, ${titles.length} cases with their places; 1 in ${EVERY} runs`);
});

for (const { family, placed } of ALL) {
  const chosen = placed.filter((_, index) => index % EVERY === 0);
  Deno.test(`Hostile corpus, ${family.name}: ${chosen.length} of ${placed.length} cases`, async (test) => {
    // Whoever ends the host is named, and the others get another one
    let shared: CorpusScene | null = null;
    let before = "";
    const late: string[] = [];
    try {
      for (const one of chosen) {
        await test.step(one.title, async () => {
          if (wantsOwnHost(one)) {
            await using scene = await openOwn(one);
            await runCase(scene, one);
            return;
          }
          if (shared !== null && !shared.isAlive) {
            console.log(`The host ended some time after "${before}": ${shared.nano.stderr.slice(-500)}`);
            await shared[Symbol.asyncDispose]();
            shared = null;
            late.push(before);
          }
          before = one.title;
          shared ??= await CorpusScene.open();
          try {
            await runCase(shared, one);
          } catch (error) {
            await shared[Symbol.asyncDispose]();
            shared = null;
            throw error;
          }
        });
      }
      if ((shared as CorpusScene | null)?.isAlive === false) late.push(before);
      assertEquals(late, [], "after these the host ended late");
    } finally {
      await (shared as CorpusScene | null)?.[Symbol.asyncDispose]();
    }
  });
}
