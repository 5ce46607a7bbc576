/** `localStorage` of apps: as browsers have it, each app's own, on the disk when its call returns. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, run } from "../../unit/admin/cli/memory_io.ts";

/** Answers with what the text after `?` comes to. */
const APP = `const steps = {
  set: () => { localStorage.setItem("a", 1); localStorage.b = "two"; localStorage.setItem("\\ud800", "\\udc00 \\u0000 ä"); return localStorage.length; },
  get: () => [localStorage.getItem("a"), localStorage.b, localStorage.getItem("none"), localStorage.none === undefined, localStorage["\\ud800"] === "\\udc00 \\u0000 ä"],
  keys: () => [Object.keys(localStorage).length, "b" in localStorage, "none" in localStorage, localStorage.key(0) !== null, localStorage.key(9), JSON.stringify({ ...localStorage }).includes('"b":"two"')],
  kind: () => [Object.prototype.toString.call(localStorage), localStorage instanceof Storage, typeof localStorage.getItem, Storage.prototype.getItem.call(localStorage, "a"), localStorage === globalThis.localStorage],
  errors: () => [() => new Storage(), () => localStorage.setItem("a"), () => localStorage.getItem(), () => Storage.prototype.getItem.call({}, "a")].map((run) => {
    try { run(); return "none"; } catch (error) { return error.name; }
  }),
  remove: () => { delete localStorage.b; localStorage.removeItem("a"); localStorage.removeItem("none"); return [localStorage.length, localStorage.b]; },
  clear: () => { localStorage.clear(); localStorage.clear(); return localStorage.length; },
  long: () => { const text = "ä€".repeat(1_000_000); localStorage.setItem("long", text); return localStorage.getItem("long") === text; },
  same: () => localStorage.getItem("long") === "ä€".repeat(1_000_000),
  full: () => {
    try { localStorage.setItem("more", "x".repeat(4 * 1024 * 1024)); return "none"; }
    catch (error) { return [error.name, error.code, error instanceof QuotaExceededError, localStorage.getItem("more"), localStorage.length]; }
  },
  small: () => {
    try { for (let at = 0; at < 30; at++) localStorage.setItem("s" + at, "x".repeat(100_000)); return "none"; }
    catch (error) { return error.name; }
  },
};
export default { fetch: (request) => Response.json(steps[new URL(request.url).pathname.slice(1)]() ?? null) };`;

Deno.test("localStorage keeps items as browsers do, for one app alone, over kills", async (t) => {
  await using project = await TempProject.create({
    one: { files: APP },
    two: { files: APP },
    small: { files: APP, config: { storage_mb: 1 } },
    none: { files: `export default { fetch: () => new Response(typeof globalThis[["local", "Storage"].join("")]) };` },
  });
  const ask = async (nano: NanoProcess, step: string, app = "one") => await (await nano.fetch(app, `/${step}`)).json();
  {
    await using nano = await NanoProcess.start(project.configFile);
    await t.step("items", async () => {
      assertEquals(await ask(nano, "get"), [null, null, null, true, false]);
      assertEquals(await ask(nano, "set"), 3);
      assertEquals(await ask(nano, "get"), ["1", "two", null, true, true]);
      assertEquals(await ask(nano, "keys"), [3, true, false, true, null, true]);
      assertEquals(await ask(nano, "kind"), ["[object Storage]", true, "function", "1", true]);
      assertEquals(await ask(nano, "errors"), ["TypeError", "TypeError", "TypeError", "TypeError"]);
    });
    await t.step("long ones, and the quota", async () => {
      assertEquals(await ask(nano, "long"), true);
      assertEquals(await ask(nano, "full"), ["QuotaExceededError", 22, true, null, 4]);
      assertEquals(await ask(nano, "small", "small"), "QuotaExceededError");
    });
    await t.step("another app has none of them", async () => {
      assertEquals(await ask(nano, "get", "two"), [null, null, null, true, false]);
      assertEquals(await (await nano.fetch("none", "/")).text(), "undefined");
    });
    nano.signal("SIGKILL");
  }
  await using nano = await NanoProcess.start(project.configFile);
  await t.step("after a kill all is there", async () => {
    assertEquals(await ask(nano, "get"), ["1", "two", null, true, true]);
    assertEquals(await ask(nano, "same"), true);
  });
  await t.step("it is a part of backups", async () => {
    const cli = (...args: string[]) => run(args, new MemoryIo(project.dir));
    assertEquals((await cli("backup", "one.backup", "--app", "one")).code, 0);
    assertEquals(await ask(nano, "remove"), [2, null]);
    assertEquals(await ask(nano, "clear"), 0);
    const restored = await cli("restore", "one.backup", "--json");
    assertEquals(JSON.parse(restored.out).stores.map(({ kind, name }: Record<string, string>) => [kind, name]), [[
      "storage",
      "one",
    ]]);
    // It was loaded: the restored one is that of the next isolate.
    assertEquals((await cli("restart", "one")).code, 0);
    assertEquals(await ask(nano, "get"), ["1", "two", null, true, true]);
  });
});
