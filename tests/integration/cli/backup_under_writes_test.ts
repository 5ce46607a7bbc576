/** A backup that is taken while an app writes, put back into another NANO. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, run } from "../../unit/admin/cli/memory_io.ts";

/** Writes in each kind before the backup begins. */
const BEFORE = 5;

/** `POST /kind/number` keeps a number, `GET /kind` tells all numbers that are kept. */
const APP = `const write = {
  kv: (env, n) => env.NS.put("n" + n, "x"),
  d1: (env, n) => env.DB.prepare("INSERT INTO n VALUES (?)").bind(n).run(),
  r2: (env, n) => env.FILES.put("n" + n, "body of " + n),
};
const read = {
  kv: async (env) => (await env.NS.list()).keys.map(({ name }) => name),
  d1: async (env) => (await env.DB.prepare("SELECT n FROM n").all()).results.map(({ n }) => "n" + n),
  r2: async (env) => {
    const names = (await env.FILES.list()).objects.map(({ key }) => key);
    for (const name of names) {
      if (await (await env.FILES.get(name)).text() !== "body of " + name.slice(1)) throw new Error("another body");
    }
    return names;
  },
};
export default {
  async fetch(request, env) {
    await env.DB.exec("CREATE TABLE IF NOT EXISTS n (n INTEGER PRIMARY KEY)");
    const [, kind, number] = new URL(request.url).pathname.split("/");
    if (request.method === "POST") return new Response(await write[kind](env, Number(number)) === null ? "" : "kept");
    return Response.json((await read[kind](env)).map((name) => Number(name.slice(1))).sort((a, b) => a - b));
  },
};`;
const APPS = {
  shop: { files: APP, config: { bindings: { NS: { kv: "n" }, DB: { d1: "n" }, FILES: { r2: "n" } } } },
};

Deno.test("A backup amid writes has all that was acknowledged before it, and nothing behind a gap", async () => {
  await using project = await TempProject.create(APPS);
  await using other = await TempProject.create(APPS);
  const acknowledged = new Map<string, number>([["kv", 0], ["d1", 0], ["r2", 0]]);
  let before: [string, number][];
  {
    await using nano = await NanoProcess.start(project.configFile);
    const begun = Promise.withResolvers<void>();
    let isOver = false;
    const work = [...acknowledged.keys()].map(async (kind) => {
      while (!isOver) {
        const next = acknowledged.get(kind)! + 1;
        assertEquals(await (await nano.fetch("shop", `/${kind}/${next}`, { method: "POST" })).text(), "kept");
        acknowledged.set(kind, next);
        if ([...acknowledged.values()].every((count) => count >= BEFORE)) begun.resolve();
      }
    });
    try {
      await Promise.race([begun.promise, Promise.all(work)]);
      before = [...acknowledged];
      assertMatch((await run(["backup", "b"], new MemoryIo(project.dir))).out, /^Wrote b /);
    } finally {
      isOver = true;
      await Promise.all(work);
    }
  }
  await Deno.copyFile(`${project.dir}/b`, `${other.dir}/b`);
  await using nano = await NanoProcess.start(other.configFile);
  assertMatch((await run(["restore", "b"], new MemoryIo(other.dir))).out, /^Restored 3 stores /);
  for (const [kind, count] of before) {
    const numbers = await (await nano.fetch("shop", `/${kind}`)).json() as number[];
    assert(numbers.length >= count, `${kind} has ${numbers.length}, ${count} were acknowledged`);
    assertEquals(numbers, numbers.map((_, at) => at + 1), `${kind} is as it was at one moment`);
  }
});
