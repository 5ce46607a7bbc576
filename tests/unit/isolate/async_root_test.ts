/** The async context that each call of an app begins in. */
import { assertEquals } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { enterRoot } from "../../../runtime/isolate/traffic/async_root.ts";

Deno.test("This Deno lets the root context be entered, and what was left keeps its own", async () => {
  const storage = new AsyncLocalStorage<string>();
  storage.enterWith("first");
  const later = Promise.resolve().then(() => storage.getStore());
  enterRoot();
  assertEquals(storage.getStore(), undefined);
  storage.enterWith("second");
  assertEquals(await later, "first");
  enterRoot();
});
