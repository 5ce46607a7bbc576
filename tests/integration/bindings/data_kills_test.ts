/** What KV, D1, R2 and Deno.Kv have acknowledged is there, whenever the host is killed. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { repeats } from "../../support/repeats.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { TempProject } from "../../support/temp_project.ts";

const KILLS = repeats(8, 100);
const KINDS = ["kv", "d1", "r2", "deno_kv"] as const;

const APP = `const write = {
  kv: (env, name) => env.NS.put(name, name),
  d1: (env, name) => env.DB.prepare("INSERT INTO names VALUES (?)").bind(name).run(),
  r2: (env, name) => env.FILES.put(name, name),
  deno_kv: async (_env, name) => (await Deno.openKv()).set([name], name),
};
const read = {
  kv: (env, name) => env.NS.get(name),
  d1: (env, name) => env.DB.prepare("SELECT name FROM names WHERE name = ?").bind(name).first("name"),
  r2: async (env, name) => (await env.FILES.get(name))?.text() ?? null,
  deno_kv: async (_env, name) => (await (await Deno.openKv()).get([name])).value,
};
export default {
  async fetch(request, env) {
    if (request.method === "PUT") {
      await env.DB.exec("CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY)");
      return new Response("ready");
    }
    const [, kind, name] = new URL(request.url).pathname.split("/");
    if (request.method === "POST") {
      await write[kind](env, name);
      return new Response("kept");
    }
    const missing = [];
    for (const one of request.headers.get("x-names").split(",")) if (await read[kind](env, one) !== one) missing.push(one);
    return Response.json(missing);
  },
};`;

Deno.test(`No acknowledged write of KV, D1, R2 or Deno.Kv is lost by ${KILLS} kills of the host`, async () => {
  const random = SeededRandom.fromEnv("data_kills");
  await using project = await TempProject.create({
    one: { files: APP, config: { bindings: { NS: { kv: "names" }, DB: { d1: "names" }, FILES: { r2: "names" } } } },
  });
  const kept = new Map<string, string[]>(KINDS.map((kind) => [kind, []]));
  let next = 0;
  for (let kill = 0; kill <= KILLS; kill++) {
    await using nano = await NanoProcess.start(project.configFile);
    assertEquals(await (await nano.fetch("one", "/", { method: "PUT" })).text(), "ready");
    for (const [kind, names] of kept) {
      // Those of the last rounds: older ones were looked at before, and again at the end.
      const asked = kill === KILLS ? names : names.slice(-200);
      for (let at = 0; at < asked.length; at += 200) {
        const headers = { "x-names": asked.slice(at, at + 200).join(",") };
        assertEquals([kind, await (await nano.fetch("one", `/${kind}`, { headers })).json()], [kind, []]);
      }
    }
    if (kill === KILLS) break;
    const goal = new Map(KINDS.map((kind) => [kind, kept.get(kind)!.length + 1]));
    const all = Promise.withResolvers<void>();
    let isAlive = true;
    const work = KINDS.map(async (kind) => {
      const names = kept.get(kind)!;
      while (isAlive) {
        const name = `n${next++}`;
        try {
          const answer = await nano.fetch("one", `/${kind}/${name}`, { method: "POST" });
          if (await answer.text() === "kept") names.push(name);
        } catch {
          // It was killed in the middle: nobody knows whether this one was kept.
        }
        if (KINDS.every((one) => kept.get(one)!.length >= goal.get(one)!)) all.resolve();
      }
    });
    await all.promise;
    await new Promise((resolve) => setTimeout(resolve, random.below(150)));
    nano.signal("SIGKILL");
    isAlive = false;
    await Promise.all([nano.status(), ...work]);
  }
});
