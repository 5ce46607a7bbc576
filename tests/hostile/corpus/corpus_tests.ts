/**
 * Declares the tests of some families: every case ends with the right code for its own client, a canary that sings, no
 * lost request of a neighbour, and the same process. `deno task test` runs every third case, `deno task test:hostile` all
 * of them.
 */
import { assertEquals } from "@std/assert";
import { CorpusScene } from "./corpus_scene.ts";
import type { HostileFamily } from "./hostile_case.ts";
import { openOwn, type PlacedCase, runCase, wantsOwnHost } from "./run_case.ts";

/** `all`, or a part of the titles of those that are to run, as `NANO_CORPUS="memory: arrays"`. */
const WANTED = Deno.env.get("NANO_CORPUS") ?? "";
/** Every n-th case runs. */
export const EVERY = WANTED === "" ? 3 : 1;

/** The cases of a family, each at each of its places. */
export function placedCases({ name, cases }: HostileFamily): PlacedCase[] {
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

/** Declares one test a family, one step a case. */
export function corpusTests(families: readonly HostileFamily[]): void {
  for (const family of families) {
    const placed = placedCases(family);
    const chosen = placed.filter(({ title }, index) =>
      WANTED === "" || WANTED === "all" ? index % EVERY === 0 : title.includes(WANTED)
    );
    if (chosen.length === 0) continue;
    Deno.test(`Hostile corpus, ${family.name}: ${chosen.length} of ${placed.length} cases`, async (test) => {
      await using scenes = new SharedScene();
      for (const one of chosen) await test.step(one.title, () => scenes.run(one));
      assertEquals(await scenes.endedLate(), [], "the host ended some time after these");
    });
  }
}

/** The NANO of the cases that share one; whoever ends it is named, and the next ones get another. */
class SharedScene implements AsyncDisposable {
  readonly #late: string[] = [];
  #scene: CorpusScene | null = null;
  #before = "";

  async run(one: PlacedCase): Promise<void> {
    if (wantsOwnHost(one)) {
      await using own = await openOwn(one);
      await runCase(own, one);
      return;
    }
    await this.#lookBack();
    this.#scene ??= await CorpusScene.open();
    this.#before = one.title;
    try {
      await runCase(this.#scene, one);
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  /** Cases after whose end the host died. */
  async endedLate(): Promise<readonly string[]> {
    await this.#lookBack();
    return this.#late;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  /** Whether the host outlived the case before. */
  async #lookBack(): Promise<void> {
    if (this.#scene === null || this.#scene.isAlive) return;
    const { nano } = this.#scene;
    await nano.status();
    const log = nano.events.slice(-8).map((record) => JSON.stringify(record)).join("\n");
    this.#late.push(`${this.#before}: ${nano.end}, stderr "${nano.stderr.slice(-1000)}", log:\n${log}`);
    await this.#close();
  }

  async #close(): Promise<void> {
    const scene = this.#scene;
    this.#scene = null;
    await scene?.[Symbol.asyncDispose]();
  }
}
