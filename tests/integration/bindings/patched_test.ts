/** An app that replaces what the isolate's part of bindings is made of: it hurts itself, and learns nothing. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** While bindings work, every builtin that they might use is a trap that notes what it was called with. */
const APP = `const caught = [];
const { isView } = ArrayBuffer;
const note = (name, self, given) => {
  for (const value of [self, ...given]) {
    // A million keys of bytes take seconds, and say nothing.
    if (typeof value !== "object" || value === null || isView(value)) continue;
    let keys = [];
    try { keys = Reflect.ownKeys(value).map(String); } catch {}
    if (keys.some((key) => ["resolve", "reject", "place", "args", "forget", "postMessage"].includes(key))) {
      caught.push(name + ": " + keys.join());
    }
  }
};
const trap = (owner, name) => {
  const { value } = Object.getOwnPropertyDescriptor(owner, name);
  const { apply } = Reflect;
  Object.defineProperty(owner, name, { configurable: true, writable: true, value: function (...given) {
    if (armed) { armed = false; note(name, this, given); armed = true; }
    return apply(value, this, given);
  } });
};
let armed = false;
for (const [owner, names] of [
  [Map.prototype, ["get", "set", "delete", "has"]],
  [Array.prototype, ["push", "shift", "splice", "map", "forEach", "slice"]],
  [Promise.prototype, ["then", "catch", "finally"]],
  [JSON, ["parse", "stringify"]],
  [TextDecoder.prototype, ["decode"]],
  [TextEncoder.prototype, ["encode"]],
  [Object.getPrototypeOf(Uint8Array.prototype), ["slice", "set", "subarray"]],
  [ReadableStream.prototype, ["getReader", "cancel"]],
  [Response.prototype, ["text", "arrayBuffer"]],
  [String.prototype, ["toWellFormed", "slice"]],
]) for (const name of names) if (Object.hasOwn(owner, name)) trap(owner, name);
for (const key of ["then", "body", "signal", "id", "type", "metadata", "0", "7"]) {
  Object.defineProperty(Object.prototype, key, {
    configurable: true,
    get() { if (armed) { armed = false; note("get " + key, this, []); armed = true; } return undefined; },
    set(value) {
      if (armed) { armed = false; note("set " + key, this, [value]); armed = true; }
      Object.defineProperty(this, key, { value, writable: true, configurable: true, enumerable: true });
    },
  });
}
const arrived = Promise.withResolvers();
export default {
  queue(batch) {
    const { messages } = batch;
    messages[0].ack();
    messages[1].retry();
    batch.retryAll();
    arrived.resolve(messages.map(({ body, attempts }) => [body instanceof Map ? body.get("k") : body, attempts]));
  },
  async fetch(request, env) {
    const controller = new AbortController();
    armed = true;
    await env.NS.put("k", "v", { metadata: { a: 1 } });
    await env.NS.put("big", "x".repeat(1_000_000));
    const many = await Promise.all(Array.from({ length: 600 }, () => env.NS.get("k")));
    const { value, metadata } = await env.NS.getWithMetadata("k");
    const big = await env.NS.get("big");
    const stream = await env.NS.get("big", "stream");
    const streamed = (await new Response(stream).bytes()).byteLength;
    const { keys } = await env.NS.list({ prefix: "k" });
    const made = await env.DB.exec("CREATE TABLE t (v, w)");
    const statement = env.DB.prepare("INSERT INTO t VALUES (?, ?)");
    await env.DB.batch([statement.bind("a", new Uint8Array([1, 2])), statement.bind("x".repeat(500_000), [3])]);
    const rows = (await env.DB.withSession().prepare("SELECT length(v) AS v, w FROM t").all()).results;
    const failed = await env.DB.prepare("SELEC").first().catch((error) => error.message);
    const kept = await env.FILES.put("k", "v", { customMetadata: { a: "1" }, httpMetadata: { contentType: "x/y" } });
    await env.FILES.put("big", new Uint8Array(300_000), { onlyIf: { etagDoesNotMatch: kept.etag } });
    const objects = (await env.FILES.list({ include: ["customMetadata"] })).objects.map(({ key, customMetadata }) => [key, customMetadata.a]);
    const object = await env.FILES.get("k", { range: { suffix: 1 } });
    const object2 = await env.FILES.get("big");
    const r2 = [kept.checksums.toJSON().md5.length, objects, await object.text(), (await object2.text()).length];
    await env.FILES.delete(["k", "big"]);
    const sent = await env.JOBS.sendBatch([
      { body: { a: 1 } },
      { body: "t", contentType: "text" },
      { body: new Map([["k", 5]]), contentType: "v8" },
    ]);
    const queued = [sent.metadata.metrics.backlogCount, await arrived.promise];
    const page = await env.ASSETS.fetch("http://x/a.txt", { signal: controller.signal });
    const text = await page.text();
    const refused = await env.NS.get("").catch((error) => error.message);
    armed = false;
    const told = { many: many.every((one) => one === "v"), value, metadata, big: big.length, streamed, keys, text, refused, made: made.count, r2, rows, failed, queued };
    return new Response(JSON.stringify([told, [...new Set(caught)]]));
  },
};`;

Deno.test("Replaced builtins neither break bindings nor show what they are made of", async () => {
  await using project = await TempProject.create({
    one: {
      files: { "index.ts": APP, "public/a.txt": "asset" },
      config: {
        bindings: { NS: { kv: "ns" }, DB: { d1: "db" }, FILES: { r2: "files" }, JOBS: { queue: "jobs" } },
        queues: { consumers: [{ queue: "jobs", max_batch_timeout: 0 }] },
        assets: "apps/one/public",
      },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const answer = await nano.fetch("one", "/x");
  const text = await answer.text();
  assertEquals(answer.status, 200, `${text} ${JSON.stringify(nano.events.slice(-3))}`);
  const [told, caught] = JSON.parse(text);
  assertEquals(told, {
    many: true,
    value: "v",
    metadata: { a: 1 },
    big: 1_000_000,
    streamed: 1_000_000,
    keys: [{ name: "k", metadata: { a: 1 } }],
    text: "asset",
    refused: "Key name cannot be empty.",
    made: 1,
    r2: [32, [["big", null], ["k", "1"]], "v", 300_000],
    rows: [{ v: 1, w: [1, 2] }, { v: 500_000, w: [3] }],
    failed: 'D1_ERROR: near "SELEC": syntax error: SQLITE_ERROR',
    queued: [3, [[{ a: 1 }, 1], ["t", 1], [5, 1]]],
  });
  assertEquals(caught, []);

  const metrics = await (await fetch(`${nano.adminUrl}/metrics`, {
    headers: { authorization: `Bearer ${(await Deno.readTextFile(`${project.dir}/.nano/admin_token`)).trim()}` },
  })).text();
  const line = (start: string) => metrics.split("\n").find((one) => one.startsWith(start))?.split(" ").at(-1);
  assertEquals(line('nano_binding_calls_total{app="one",binding="NS",operation="get",outcome="ok"}'), "603");
  assertEquals(line('nano_binding_calls_total{app="one",binding="NS",operation="get",outcome="refused"}'), "1");
  assertEquals(line('nano_binding_calls_total{app="one",binding="ASSETS",operation="fetch",outcome="ok"}'), "1");
  assertEquals(line('nano_binding_seconds_count{app="one",binding="NS"}'), "607");
  assertEquals(Number(line('nano_storage_bytes{app="one",binding="NS"}')) > 1_000_000, true);
});
