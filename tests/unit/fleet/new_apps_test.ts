/** Apps that are new to a node: which are put in force together, and in what order. */
import { assertEquals, assertRejects } from "@std/assert";
import { RECORD_FORMAT } from "../../../runtime/fleet/app_record.ts";
import { NewApps } from "../../../runtime/fleet/new_apps.ts";
import type { NewsOfApp } from "../../../runtime/fleet/replica_tools.ts";
import type { HeldMark, HeldRecord } from "../../../runtime/store/fleet_rows.ts";

const ROW = { entry: {}, patch: null, hides: null, activeVersion: "v1", previousVersion: null, rollout: null };

/** More than are put in force one by one. */
const MANY = [..."abcdefghij"];

function recordOf(app: string, revision: number, row: unknown = ROW): HeldRecord {
  const value = JSON.stringify({ last: 1, row, versions: [], by: null });
  return { key: `app.${app}`, revision, changeId: `${revision}`, format: RECORD_FORMAT, value, why: null };
}

/** @param refuses names of apps with which nothing is put in force together */
function scene({ refuses = [], isPaced = false }: { refuses?: readonly string[]; isPaced?: boolean } = {}) {
  const done: string[] = [];
  const held = new Map<string, HeldMark>();
  const namesOf = (all: readonly NewsOfApp[]) => all.map((news) => news.held.key.slice("app.".length));
  const applyAll = (all: readonly NewsOfApp[]) => {
    const names = namesOf(all);
    if (names.some((name) => refuses.includes(name))) return Promise.reject(new Error("it does not fit"));
    done.push(names.join("+"));
    return Promise.resolve();
  };
  const newApps = new NewApps({
    ...isPaced ? {} : { applyAll },
    held: (key) => held.get(key),
    onKept: (one) => void held.set(one.key, one),
    takeOne: (one) => {
      if (one.key === "app.gone") return Promise.reject(new Error("the engine is away"));
      done.push(one.key.slice("app.".length));
      held.set(one.key, one);
      return Promise.resolve();
    },
  });
  const take = (one: HeldRecord, isNews = true) => newApps.take(one, () => isNews && held.get(one.key) !== one);
  return { newApps, take, done, held };
}

Deno.test("New apps are put in force together, before what comes after them", async () => {
  const { newApps, take, done, held } = scene();
  for (const app of MANY) await take(recordOf(app, 1));
  assertEquals(done, []);
  // An app that is known, and one that is gone, have their turns.
  held.set("app.old", recordOf("old", 1));
  await take(recordOf("old", 2));
  await take(recordOf("removed", 3, null));
  for (const app of ["y", "z"]) await take(recordOf(app, 4));
  await newApps.end();
  // Few are tried one by one: somebody waits for whether they work.
  assertEquals(done, [MANY.join("+"), "old", "removed", "y", "z"]);
  assertEquals([...held.keys()].sort(), [...MANY, "old", "removed", "y", "z"].map((app) => `app.${app}`));
});

Deno.test("Of apps that cannot be put in force together each is tried by itself", async () => {
  const { newApps, take, done } = scene({ refuses: ["b"] });
  for (const app of MANY) await take(recordOf(app, 1));
  await newApps.end();
  assertEquals(done, MANY);
  await take(recordOf("gone", 2));
  await assertRejects(() => newApps.end(), Error, "the engine is away");
});

Deno.test("Where nodes start one after the other, new apps do too; what is not news any more is left out", async () => {
  const { newApps, take, done } = scene({ isPaced: true });
  for (const app of MANY) await take(recordOf(app, 1));
  assertEquals(done, MANY);
  const other = scene({ refuses: ["b"] });
  await other.take(recordOf("a", 1), false);
  await other.take(recordOf("b", 1));
  await other.newApps.end();
  await newApps.end();
  assertEquals([done, other.done], [MANY, ["b"]]);
});
