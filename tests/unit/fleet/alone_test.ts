/** A NANO without a fleet: nothing of one is loaded or kept. */
import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { StateStore } from "../../../runtime/store/state_store.ts";

Deno.test("A state folder of a NANO that is alone has no tables of a fleet, and is of no fleet after a change without one", async () => {
  const dir = await Deno.makeTempDir({ prefix: "nano-test-" });
  const row = {
    name: "blog",
    entry: { name: "blog" },
    patch: null,
    hides: null,
    activeVersion: null,
    previousVersion: null,
  };
  const app = { ...row, rollout: null };
  const tables = () => {
    using database = new DatabaseSync(`${dir}/nano.db`);
    return database.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'fleet%'").all().length;
  };
  try {
    {
      using store = StateStore.open(dir);
      store.commit({ apps: [app] });
    }
    assertEquals(tables(), 0);
    {
      using store = StateStore.open(dir);
      store.fleet.setMark({ epoch: "one", revision: 7 });
      store.commit({ apps: [app] });
    }
    {
      using store = StateStore.open(dir);
      assertEquals(store.fleet.mark(), { epoch: "one", revision: 7 });
    }
    {
      using store = StateStore.open(dir);
      store.commit({ history: [] });
      store.commit({ forgetApps: ["blog"] });
    }
    using store = StateStore.open(dir);
    assertEquals(store.fleet.mark(), { epoch: null, revision: 7 });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
