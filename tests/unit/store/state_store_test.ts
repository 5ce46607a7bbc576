import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { NanoError } from "../../../runtime/errors.ts";
import type { HistoryEntry } from "../../../runtime/terms/operations.ts";
import { type KeptApp, StateStore, type VersionRecord } from "../../../runtime/store/state_store.ts";
import { killedProcess } from "../../support/killed_process.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const EMPTY: KeptApp = {
  name: "blog",
  entry: null,
  patch: null,
  hides: null,
  activeVersion: null,
  previousVersion: null,
  rollout: null,
};

function version(app: string, name: string, more: Partial<VersionRecord> = {}): VersionRecord {
  const record = {
    app,
    version: name,
    createdAt: 1_700_000_000_000,
    bytes: 2 ** 40,
    files: 3,
    note: "n",
    actor: "api",
  };
  return { ...record, previewHost: null, ...more };
}

function entry(detail: string, app: string | null = "blog"): Omit<HistoryEntry, "id"> {
  return { at: 1_700_000_000_000, actor: "api 127.0.0.1", action: "app.change", app, detail, error: null };
}

async function withDir(run: (dir: string) => void | Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("StateStore gives back every value that was kept, after reopening too", () =>
  withDir((dir) => {
    const full: KeptApp = {
      name: "shop",
      entry: { name: "shop", env: { ä: "\u0000\u2028" }, nested: [1, null, { a: true }] },
      patch: { memory_mb: null, env: { A: "b" } },
      hides: "sha-1",
      activeVersion: "v3",
      previousVersion: "path",
      rollout: { version: "v4", percent: 12.5 },
    };
    const records = [version("shop", "v4", { previewHost: "v4--shop.localhost" }), version("shop", "v3")];
    const failed = { ...entry("no", null), error: "Cannot reload" };
    {
      using store = StateStore.open(dir);
      store.commit({ apps: [full, EMPTY], addVersions: records, history: [entry("yes"), failed] });
    }
    using store = StateStore.open(dir);
    assertEquals(store.keptApps(), [full, EMPTY]);
    store.commit({ apps: [full] });
    assertEquals(store.keptApps(), [EMPTY, full], "the oldest change comes first");
    assertEquals(store.versions("shop"), records);
    assertEquals(store.versions("blog"), []);
    assertEquals(store.history({ app: null, before: null, limit: 10 }), [{ id: 2, ...failed }, {
      id: 1,
      ...entry("yes"),
    }]);
    store.commit({ apps: [{ ...EMPTY, hides: "x" }], forgetApps: ["shop"] });
    assertEquals(store.keptApps(), [{ ...EMPTY, hides: "x" }]);
    assertEquals(store.versions("shop"), records);
  }));

Deno.test("StateStore makes its folder, and a file that only its owner may read", () =>
  withDir((dir) => {
    const stateDir = `${dir}/deep/state`;
    using store = StateStore.open(stateDir);
    store.commit({ apps: [EMPTY] });
    const files = [...Deno.readDirSync(stateDir)].map((file) => file.name);
    assert(files.includes("nano.db") && files.includes("nano.db-wal"), files.join());
    for (const file of files) assertEquals(Deno.statSync(`${stateDir}/${file}`).mode! & 0o777, 0o600, file);
  }));

Deno.test("StateStore.nextVersion() gives no number twice, whatever is removed and however often it is opened", () =>
  withDir((dir) => {
    {
      using store = StateStore.open(dir);
      assertEquals([store.nextVersion("a"), store.nextVersion("a"), store.nextVersion("b")], ["v1", "v2", "v1"]);
      store.commit({ apps: [{ ...EMPTY, name: "a" }], addVersions: [version("a", "v2"), version("a", "v7")] });
      store.commit({
        forgetApps: ["a"],
        removeVersions: [{ app: "a", version: "v2" }, { app: "a", version: "v7" }],
      });
    }
    using store = StateStore.open(dir);
    assertEquals(store.allVersions(), []);
    assertEquals([store.nextVersion("a"), store.nextVersion("b")], ["v8", "v2"]);
  }));

Deno.test("StateStore orders versions by number and not by text, and moves previews", () =>
  withDir((dir) => {
    using store = StateStore.open(dir);
    store.commit({ addVersions: ["v9", "v10", "v2"].map((name) => version("b", name)) });
    store.commit({ addVersions: [version("a", "v1")] });
    assertEquals(store.versions("b").map((record) => record.version), ["v10", "v9", "v2"]);
    assertEquals(store.allVersions().map(({ app, version }) => `${app}/${version}`), ["a/v1", "b/v10", "b/v9", "b/v2"]);
    store.commit({ setPreview: [{ app: "b", version: "v9", previewHost: "v9--b.localhost" }] });
    assertEquals(store.versions("b").map((record) => record.previewHost), [null, "v9--b.localhost", null]);
    store.commit({ setPreview: [{ app: "b", version: "v9", previewHost: null }] });
    assertEquals(store.versions("b").map((record) => record.previewHost), [null, null, null]);
  }));

Deno.test("StateStore.commit() writes nothing when a part of it fails", () =>
  withDir((dir) => {
    using store = StateStore.open(dir);
    store.commit({ apps: [EMPTY], addVersions: [version("blog", "v1")], history: [entry("first")] });
    const good = { apps: [{ ...EMPTY, name: "new" }], forgetApps: ["blog"], history: [entry("lost")] };
    const bad = [
      { addVersions: [version("blog", "v2"), version("blog", "v1")] },
      { addVersions: [version("blog", "v2"), version("blog", "latest")] },
      { addVersions: [version("blog", "v2", { bytes: 1.5 })] },
      { removeVersions: [{ app: "blog", version: "v1" }, { app: "blog", version: "v5" }] },
      { setPreview: [{ app: "blog", version: "v5", previewHost: "x" }] },
      { apps: [{ ...EMPTY, rollout: { version: "v1", percent: 101 } }] },
    ];
    for (const part of bad) {
      const error = assertThrows(() => store.commit({ ...good, ...part }), NanoError);
      assertEquals(error.code, "INTERNAL");
    }
    assertEquals(store.keptApps(), [EMPTY]);
    assertEquals(store.allVersions(), [version("blog", "v1")]);
    assertEquals(store.history({ app: null, before: null, limit: 10 }).map((kept) => kept.detail), ["first"]);
    store.commit({ history: [entry("second")] });
    assertEquals(store.history({ app: null, before: null, limit: 1 })[0]?.id, 2);
    assertEquals(store.nextVersion("blog"), "v2");
  }));

Deno.test("StateStore.history() pages backwards, by app, and keeps the newest 10,000", () =>
  withDir((dir) => {
    using store = StateStore.open(dir);
    const many = Array.from({ length: 10_500 }, (_, n) => entry(`change ${n + 1}`, n % 2 === 0 ? "blog" : null));
    store.commit({ history: many.slice(0, 9_999) });
    for (const one of many.slice(9_999, 10_010)) store.commit({ history: [one] });
    store.commit({ history: many.slice(10_010) });
    const all = store.history({ app: null, before: null, limit: 20_000 });
    assertEquals([all.length, all[0]?.detail, all.at(-1)?.detail], [10_000, "change 10500", "change 501"]);
    const page = store.history({ app: "blog", before: 10_000, limit: 3 });
    assertEquals(page.map((kept) => kept.id), [9_999, 9_997, 9_995]);
    assertEquals(store.history({ app: "other", before: null, limit: 3 }), []);
  }));

Deno.test("StateStore.open() refuses a damaged file, names it, and leaves it as it is", () =>
  withDir((dir) => {
    const file = `${dir}/nano.db`;
    {
      using store = StateStore.open(dir);
      store.commit({ history: Array.from({ length: 2000 }, () => entry("x".repeat(100))) });
    }
    const whole = Deno.readFileSync(file);
    const torn = whole.slice();
    torn.fill(0xaa, 5 * 4096, 20 * 4096);
    for (const bytes of [new TextEncoder().encode("no database".repeat(1000)), torn, whole.slice(0, 30 * 4096)]) {
      Deno.writeFileSync(file, bytes);
      const error = assertThrows(() => StateStore.open(dir), NanoError);
      assertEquals(error.code, "INTERNAL");
      assertStringIncludes(error.message, file);
      assertStringIncludes(error.message, "put a backup in its place");
      assertEquals(Deno.readFileSync(file), bytes);
    }
  }));

Deno.test("StateStore.open() takes an empty file for a new one only where nothing was deployed", () =>
  withDir((dir) => {
    const file = `${dir}/nano.db`;
    Deno.mkdirSync(`${dir}/versions/.transit`, { recursive: true });
    Deno.writeFileSync(file, new Uint8Array());
    StateStore.open(dir)[Symbol.dispose]();
    Deno.mkdirSync(`${dir}/versions/blog/v1`, { recursive: true });
    StateStore.open(dir)[Symbol.dispose]();
    Deno.writeFileSync(file, new Uint8Array());
    const { code, message } = assertThrows(() => StateStore.open(dir), NanoError);
    assertEquals(code, "INTERNAL");
    assertStringIncludes(message, `Cannot read "${file}": it is empty, and "${dir}/versions" has versions of apps`);
    assertStringIncludes(message, "put a backup in its place");
    assertEquals(Deno.statSync(file).size, 0);
  }));

Deno.test("StateStore.open() refuses the file of a newer NANO and a place that is no folder", () =>
  withDir((dir) => {
    StateStore.open(dir)[Symbol.dispose]();
    const database = new DatabaseSync(`${dir}/nano.db`);
    database.exec("PRAGMA user_version = 999");
    database.close();
    const newer = assertThrows(() => StateStore.open(dir), NanoError);
    assertEquals(newer.code, "INTERNAL");
    assertStringIncludes(newer.message, `${dir}/nano.db`);
    assertStringIncludes(newer.message, "version 999");
    Deno.writeTextFileSync(`${dir}/file`, "");
    const blocked = assertThrows(() => StateStore.open(`${dir}/file`), NanoError);
    assertEquals(blocked.code, "INTERNAL");
    assertStringIncludes(blocked.message, `${dir}/file/nano.db`);
  }));

Deno.test("StateStore.open() brings an empty database up to date, and can be opened twice at once", () =>
  withDir((dir) => {
    Deno.writeFileSync(`${dir}/nano.db`, new Uint8Array(0));
    using store = StateStore.open(dir);
    using other = StateStore.open(dir);
    store.commit({ apps: [EMPTY] });
    assertEquals(other.keptApps(), [EMPTY]);
    const database = new DatabaseSync(`${dir}/nano.db`);
    assertEquals(database.prepare("PRAGMA user_version").get()?.["user_version"], 1);
    database.close();
  }));

Deno.test("StateStore tells of a lock that another process holds on to, and works on afterwards", () =>
  withDir((dir) => {
    using store = StateStore.open(dir);
    const database = new DatabaseSync(`${dir}/nano.db`);
    try {
      database.exec("BEGIN IMMEDIATE");
      const error = assertThrows(() => store.commit({ apps: [EMPTY] }), NanoError);
      assertStringIncludes(error.message, "locked");
      assertStringIncludes(error.message, `${dir}/nano.db`);
      database.exec("ROLLBACK");
    } finally {
      database.close();
    }
    store.commit({ apps: [EMPTY] });
    assertEquals(store.keptApps(), [EMPTY]);
  }));

Deno.test("StateStore acknowledges nothing that goes into a file which was removed or replaced", () =>
  withDir((dir) => {
    const file = `${dir}/nano.db`;
    using store = StateStore.open(dir);
    store.commit({ history: [entry("kept")] });
    Deno.renameSync(file, `${file}.away`);
    const gone = assertThrows(() => store.commit({ history: [entry("lost")] }), NanoError, "was removed or replaced");
    assertEquals(gone.code, "INTERNAL");
    assertStringIncludes(gone.message, file);
    Deno.writeTextFileSync(file, "");
    assertThrows(() => store.commit({ history: [entry("lost")] }), NanoError, "was removed or replaced");
    Deno.renameSync(`${file}.away`, file);
    store.commit({ history: [entry("kept too")] });
    const all = store.history({ app: null, before: null, limit: 9 });
    assertEquals(all.map(({ detail }) => detail), ["kept too", "kept"]);
  }));

Deno.test("StateStore can be disposed of twice", () =>
  withDir((dir) => {
    const store = StateStore.open(dir);
    store[Symbol.dispose]();
    store[Symbol.dispose]();
    assertThrows(() => store.keptApps(), NanoError, "Cannot read");
  }));

Deno.test("StateStore has every commit that it acknowledged, whole, after kills at random moments", () =>
  withDir(async (dir) => {
    const random = SeededRandom.fromEnv("state store");
    const script = new URL("../../support/commit_in_loop.ts", import.meta.url);
    let acknowledged = 0;
    for (let round = 0; round < 8; round++) {
      const told = await killedProcess(script, { args: [dir], lines: 3, withinMs: 120, random });
      acknowledged += told.length;
      using store = StateStore.open(dir);
      const kept = new Set(store.versions("a").map((record) => record.version));
      for (const version of told) assert(kept.has(version), `round ${round}: ${version} was acknowledged and is gone`);
      const newest = store.versions("a")[0];
      const [app] = store.keptApps();
      assertEquals([app?.activeVersion, app?.entry], [newest?.version, { at: newest?.createdAt }]);
      assertEquals(store.history({ app: "a", before: null, limit: 1 })[0]?.detail, newest?.version);
      // One commit at most was kept and not told any more.
      assert(kept.size >= acknowledged && kept.size <= acknowledged + round + 1, `${kept.size} of ${acknowledged}`);
    }
  }));
