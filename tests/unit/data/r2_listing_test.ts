/** Pages of a bucket's keys: the same as whoever looks at every key would make, without looking at every key. */
import { assert, assertEquals } from "@std/assert";
import { groupOf, type ListedPage, listObjects, type R2ListOptions } from "../../../runtime/data/r2_listing.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const OPTIONS = { withHttp: false, withCustom: false, startAfter: null };

function factsOf(key: string) {
  const facts = { version: "v", size: 1, etag: "e", uploaded: 0, storageClass: "Standard" };
  return { key, checksums: "{}", http: "{}", custom: "{}", ...facts };
}

/** Bytes as a text that is ordered as they are. */
function ordered(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** Sorted keys as a store has them, which counts what it is asked for. */
class Keys {
  looked = 0;
  readonly #keys: readonly (readonly [order: string, key: string])[];

  constructor(keys: readonly string[]) {
    this.#keys = keys.map((key) => [ordered(new TextEncoder().encode(key)), key] as const)
      .sort(([one], [other]) => one < other ? -1 : 1);
  }

  get inOrder(): string[] {
    return this.#keys.map(([, key]) => key);
  }

  page(options: R2ListOptions): ListedPage {
    const listing = listObjects(options);
    for (let step = listing.next();;) {
      if (step.done) return step.value;
      const { from, upper, limit } = step.value;
      assert(Number.isInteger(limit) && limit > 0, `${limit} objects are no number of them`);
      const rows = this.#keys
        .filter(([order]) => order >= ordered(from) && (upper === null || order < ordered(upper)))
        .slice(0, limit);
      this.looked += rows.length;
      step = listing.next({ objects: rows.map(([, key]) => factsOf(key)), isEnd: rows.length < limit });
    }
  }

  /** Of all pages, whether a key or what keys have in common, each list in its order. */
  all(options: Omit<R2ListOptions, "cursor">): { keys: string[]; prefixes: string[]; pages: number[] } {
    const [keys, prefixes, pages] = [[], [], []] as [string[], string[], number[]];
    for (let cursor: string | null = null;;) {
      const page = this.page({ ...options, cursor });
      const objects = JSON.parse(page.objects) as { readonly key: string }[];
      const groups = JSON.parse(page.prefixes) as string[];
      keys.push(...objects.map(({ key }) => key));
      prefixes.push(...groups);
      pages.push(objects.length + groups.length);
      cursor = page.cursor;
      if (cursor === null) return { keys, prefixes, pages };
    }
  }
}

Deno.test("Pages hold what looking at every key gives, in every random case", () => {
  const random = SeededRandom.fromEnv("R2 lists");
  for (let round = 0; round < 300; round++) {
    const names = ["a", "b", "/", "é", "😀", "ab", "x"];
    const text = (most: number) => random.some(most, () => random.pick(names)).join("");
    const keys = new Keys([...new Set(random.some(400, () => text(6)))]);
    const options = {
      ...OPTIONS,
      prefix: text(2),
      delimiter: random.pick([null, "/", "b", "ab", "😀"]),
      limit: 1 + random.below(random.pick([3, 30, 300])),
    };
    const wanted = keys.inOrder.filter((key) => key.startsWith(options.prefix));
    const plain = wanted.filter((key) => groupOf(key, options) === null);
    const groups = [...new Set(wanted.map((key) => groupOf(key, options)).filter((group) => group !== null))];
    const found = keys.all(options);
    assertEquals([found.keys, found.prefixes], [plain, groups], `FUZZ_SEED=${random.seed}, round ${round}`);
    assert(found.pages.slice(0, -1).every((count) => count === options.limit), "only the last page may be shorter");
  }
});

Deno.test("What stands for many keys is found without a look at most of them, and for one without a look at others", () => {
  const folders = (count: number, files: number) =>
    new Keys(Array.from({ length: count * files }, (_, at) => `${at % count}/${at}`));
  for (const [keys, most] of [[folders(1000, 1), 2000], [folders(100, 300), 2000]] as const) {
    const { prefixes } = keys.all({ ...OPTIONS, prefix: "", delimiter: "/", limit: 1000 });
    assertEquals(prefixes.length, keys.inOrder.length === 1000 ? 1000 : 100);
    assert(keys.looked <= most, `${keys.looked} keys were looked at`);
  }
});
