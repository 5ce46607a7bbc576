/** Exchanging files of stores: all or none, whatever happens in between. */
import { assertEquals, assertThrows } from "@std/assert";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { finishRestore, RESTORE_FOLDER, swapStores, waitingPath } from "../../../runtime/data/restore_plan.ts";
import { killedProcess } from "../../support/killed_process.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { SWAPPED_FILES } from "../../support/swap_in_loop.ts";

const PLAN = { id: "one", stores: ["kv/a", "r2/b", "queues/c"] };
const OLD = {
  "kv/a.db": "old a",
  "kv/a.db-wal": "old log",
  "kv/other.db": "other",
  "r2/b.db": "old b",
  "r2/b.files/x": "old x",
};
const NEW = { "kv/a.db": "new a", "r2/b.db": "new b", "r2/b.files/y": "new y", "queues/c.db": "new c" };
const AFTER = { ...NEW, "kv/other.db": "other" };

class Scene implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "nano-test-" });

  constructor() {
    for (const [name, text] of Object.entries(OLD)) put(join(this.folder, name), text);
    for (const [name, text] of Object.entries(NEW)) put(waitingPath(this.folder, PLAN.id, name), text);
  }

  /** All files of stores. */
  files(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const kind of ["kv", "r2", "queues"]) this.#read(kind, found);
    return found;
  }

  #read(name: string, found: Record<string, string>): void {
    const path = join(this.folder, name);
    if (!existsSync(path)) return;
    for (const { name: own, isDirectory } of Deno.readDirSync(path)) {
      if (isDirectory) this.#read(`${name}/${own}`, found);
      else found[`${name}/${own}`] = readFileSync(join(path, own), "utf8");
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Fails at the given renames, counted from 0. */
function failing(...at: readonly number[]): { readonly rename: typeof renameSync; readonly count: () => number } {
  let count = 0;
  return {
    rename: (from, to) => {
      if (at.includes(count++)) throw new Error(`no room at ${count - 1}`);
      renameSync(from, to);
    },
    count: () => count,
  };
}

Deno.test("An exchange puts every new file in its place, and no log of an old one beside it", () => {
  using scene = new Scene();
  swapStores(scene.folder, PLAN);
  assertEquals(scene.files(), AFTER);
  assertEquals(finishRestore(scene.folder), false);
  assertEquals(scene.files(), AFTER);
  assertEquals(existsSync(join(scene.folder, RESTORE_FOLDER)), false);
});

Deno.test("An exchange that fails at any rename leaves all files as they were", () => {
  using first = new Scene();
  const whole = failing();
  swapStores(first.folder, PLAN, whole.rename);
  assertEquals(whole.count(), 8);
  for (let at = 0; at < whole.count(); at++) {
    using scene = new Scene();
    assertThrows(() => swapStores(scene.folder, PLAN, failing(at).rename), Error, `no room at ${at}`);
    assertEquals([at, scene.files()], [at, OLD]);
    // And can be done afterwards.
    swapStores(scene.folder, PLAN);
    assertEquals([at, scene.files()], [at, AFTER]);
  }
});

Deno.test("What can be neither ended nor undone is ended by the next start, and by nobody else", () => {
  for (let at = 1; at < 8; at++) {
    using scene = new Scene();
    const error = assertThrows(() => swapStores(scene.folder, PLAN, failing(at, at + 1).rename), Error);
    assertEquals(error.message.includes("the next start of NANO ends the restore"), true, error.message);
    assertThrows(() => swapStores(scene.folder, PLAN), Error, "an earlier restore is not over");
    assertEquals(finishRestore(scene.folder), true);
    assertEquals([at, scene.files()], [at, AFTER]);
  }
});

Deno.test("What waits without a plan is removed, and nothing is exchanged", () => {
  using scene = new Scene();
  assertEquals(finishRestore(scene.folder), false);
  assertEquals(scene.files(), OLD);
  assertEquals(existsSync(join(scene.folder, RESTORE_FOLDER)), false);
});

Deno.test("25 kills in the middle of exchanges leave the files of one of them, and none that was acknowledged is undone", async () => {
  const random = new SeededRandom(7);
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  const script = new URL("../../support/swap_in_loop.ts", import.meta.url);
  let ended = 0;
  try {
    let next = 1;
    for (let kill = 0; kill < 25; kill++) {
      const lines = await killedProcess(script, { args: [folder, String(next)], lines: 2, withinMs: 40, random });
      if (finishRestore(folder)) ended++;
      const texts = SWAPPED_FILES.map((name) => readFileSync(join(folder, name), "utf8"));
      assertEquals(new Set(texts).size, 1, `${texts}`);
      const [last, now] = [Number(lines.at(-1)), Number(texts[0])];
      assertEquals(now === last || now === last + 1, true, `${now} after ${last}`);
      next = now + 1;
    }
    console.log(`${ended} of 25 kills came in the middle of an exchange`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
