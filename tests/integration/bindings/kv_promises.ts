/** What KV namespaces promise over the wire, wherever they are kept. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** Runs the body of a request as a function of `env`; what it returns or throws is the answer. */
export const APP = `const AsyncFunction = (async () => {}).constructor;
export default {
  async fetch(request, env, ctx) {
    const { method, args, then } = await request.json();
    const revive = (value) => value !== null && typeof value === "object" && "bytes" in value
      ? new Uint8Array(value.bytes) : value !== null && typeof value === "object" && "stream" in value
      ? new Response(value.stream).body : value !== null && typeof value === "object" && "repeat" in value
      ? (value.as === "stream" ? new Response("x".repeat(value.repeat)).body : "x".repeat(value.repeat)) : value;
    try {
      let result = await env[request.headers.get("x-binding") ?? "NS"][method](...args.map(revive));
      if (result instanceof Map) result = { map: [...result] };
      if (result instanceof ArrayBuffer) result = { buffer: [...new Uint8Array(result)] };
      if (result instanceof ReadableStream) {
        const text = await new Response(result).text();
        result = { streamed: text.length > 100 ? text.length : text };
      }
      if (typeof result === "string" && result.length > 100) result = { length: result.length };
      return Response.json({ result });
    } catch (error) {
      return Response.json({ error: error.name + ": " + error.message, code: error.code });
    }
  },
};`;

const WRANGLER = `{
  "name": "worker",
  "main": "index.ts",
  "kv_namespaces": [{ "binding": "NS", "id": "0f2ac74b498b48028cb68387c421e279" }, { "binding": "OTHER" }],
}`;

async function createProject(config: Readonly<Record<string, unknown>>): Promise<TempProject> {
  return await TempProject.create({
    one: { files: APP, config: { bindings: { NS: { kv: "shared" }, OWN: { kv: "own" } } } },
    two: { files: APP, config: { bindings: { NS: { kv: "shared" } }, streams: "polyfill" } },
    small: { files: APP, config: { bindings: { NS: { kv: "small" } }, storage_mb: 1 } },
    worker: { files: { "index.ts": APP, "wrangler.jsonc": WRANGLER } },
    rival: { files: { "index.ts": APP, "wrangler.jsonc": WRANGLER.replace("worker", "rival") } },
  }, config);
}

/** What is answered, or `{ error, code }`. */
export type Ask = (method: string, ...args: unknown[]) => Promise<unknown>;

/** Calls a method of an app's namespace. */
export function asker(nano: NanoProcess, app: string, binding = "NS"): Ask {
  return async (method, ...args) => {
    const body = JSON.stringify({ method, args });
    const answer = await nano.fetch(app, "/", { method: "POST", body, headers: { "x-binding": binding } });
    const text = await answer.text();
    assertEquals(answer.status, 200, text);
    const told = JSON.parse(text);
    return "error" in told ? told : told.result ?? null;
  };
}

/** Each promise as a step. @param config keys of nano.json */
export async function kvPromises(t: Deno.TestContext, config: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await using project = await createProject(config);
  await using nano = await NanoProcess.start(project.configFile);
  const ask = asker(nano, "one");

  await t.step("every type in and out", async () => {
    assertEquals(await ask("get", "none"), null);
    assertEquals(await ask("getWithMetadata", "none"), { value: null, metadata: null, cacheStatus: null });
    assertEquals(await ask("put", "text", "héllo\0"), null);
    assertEquals(await ask("get", "text"), "héllo\0");
    await ask("put", "bytes", { bytes: [0, 255, 1] });
    assertEquals(await ask("get", "bytes", "arrayBuffer"), { buffer: [0, 255, 1] });
    await ask("put", "stream", { stream: "streamed in" });
    assertEquals(await ask("get", "stream", { type: "stream", cacheTtl: 60 }), { streamed: "streamed in" });
    await ask("put", "json", '{"a":[1]}', { metadata: { by: "me" } });
    assertEquals(await ask("get", "json", "json"), { a: [1] });
    assertEquals(await ask("getWithMetadata", "json", { type: "json" }), {
      value: { a: [1] },
      metadata: { by: "me" },
      cacheStatus: null,
    });
    await ask("put", "json", "");
    assertEquals(await ask("getWithMetadata", "json"), { value: "", metadata: null, cacheStatus: null });
    assertEquals(await ask("get", ["text", "none", "stream"]), {
      map: [["text", "héllo\0"], ["none", null], ["stream", "streamed in"]],
    });
    await ask("delete", "text");
    assertEquals(await ask("get", "text"), null);
    assertEquals(await ask("delete", "text"), null);
  });

  await t.step("values of 25 MiB, whole and streamed, and none beyond", async () => {
    const most = 25 * 1024 * 1024;
    for (const as of ["text", "stream"]) {
      assertEquals(await ask("put", "big", { repeat: most, as }), null);
      assertEquals(await ask("get", "big"), { length: most });
      assertEquals(await ask("get", "big", "stream"), { streamed: most });
      const { error } = await ask("put", "big", { repeat: most + 1, as }) as { error: string };
      assertStringIncludes(error, "Error: KV PUT failed: 413 Value length of 26214401 exceeds limit of 26214400.");
      assertEquals(await ask("get", "big"), { length: most });
    }
    await ask("delete", "big");
  });

  await t.step(
    "an app's namespaces are apart, those that nano.json names alike are one, in both stream modes",
    async () => {
      await ask("put", "common", "yes");
      const two = asker(nano, "two");
      assertEquals(await two("get", "common"), "yes");
      assertEquals(await two("get", "common", "stream"), { streamed: "yes" });
      await two("put", "common", { stream: "from two" });
      assertEquals(await ask("get", "common"), "from two");
      assertEquals(await asker(nano, "one", "OWN")("get", "common"), null);
    },
  );

  await t.step("a Workers project has namespaces of its own, whatever ids others name", async () => {
    const [worker, rival] = [asker(nano, "worker"), asker(nano, "rival")];
    await worker("put", "k", "mine");
    assertEquals(await rival("get", "k"), null);
    assertEquals(await worker("get", "k"), "mine");
    assertEquals(await asker(nano, "worker", "OTHER")("get", "k"), null);
  });

  await t.step("lists by prefix, in the order of bytes, page by page", async () => {
    const own = asker(nano, "one", "OWN");
    for (const key of ["b", "a:2", "a:1", "a:ä", "a", "a;", "\u{10ffff}"]) await own("put", key, "x");
    const names = async (options?: object) =>
      (await own("list", ...options === undefined ? [] : [options]) as { keys: { name: string }[] }).keys.map((
        { name },
      ) => name);
    assertEquals(await names(), ["a", "a:1", "a:2", "a:ä", "a;", "b", "\u{10ffff}"]);
    assertEquals(await names({ prefix: "a:" }), ["a:1", "a:2", "a:ä"]);
    assertEquals(await names({ prefix: "a" }), ["a", "a:1", "a:2", "a:ä", "a;"]);
    assertEquals(await names({ prefix: "\u{10ffff}" }), ["\u{10ffff}"]);
    const page = await own("list", { prefix: "a:", limit: 2 }) as { cursor: string; list_complete: boolean };
    assertEquals(page.list_complete, false);
    assertEquals(await own("list", { prefix: "a:", limit: 2, cursor: page.cursor }), {
      list_complete: true,
      keys: [{ name: "a:ä" }],
      cacheStatus: null,
    });
    const inAnHour = Math.floor(Date.now() / 1000) + 3600;
    await own("put", "z", "x", { expiration: inAnHour, metadata: [1] });
    assertEquals((await own("list", { prefix: "z" }) as { keys: unknown }).keys, [
      { name: "z", expiration: inAnHour, metadata: [1] },
    ]);
  });

  await t.step("what Workers refuse is refused in their words", async () => {
    const long = "ä".repeat(257);
    const rows: [string, unknown[], string][] = [
      ["get", [""], "TypeError: Key name cannot be empty."],
      ["put", ["..", "x"], 'TypeError: ".." is not allowed as a key name.'],
      ["get", [long], "Error: KV GET failed: 414 UTF-8 encoded length of 514 exceeds key length limit of 512."],
      [
        "put",
        ["k", {}],
        "TypeError: KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams",
      ],
      [
        "put",
        ["k", "v", { expirationTtl: 0 }],
        "Error: KV PUT failed: 400 Invalid expiration_ttl of 0. Please specify",
      ],
      ["put", ["k", "v", { expirationTtl: 59 }], "Invalid expiration_ttl of 59. Expiration TTL must be at least 60."],
      ["put", ["k", "v", { expirationTtl: "no" }], "Error: KV PUT failed: 400 Invalid expiration_ttl of 0."],
      ["put", ["k", "v", { expiration: 5 }], "Error: KV PUT failed: 400 Invalid expiration of 5. Please specify"],
      ["put", ["k", "v", { metadata: "m".repeat(1023) }], "413 Metadata length of 1025 exceeds limit of 1024."],
      ["get", ["k", "blob"], 'TypeError: Unknown response type. Possible types are "text", "arrayBuffer", "json"'],
      ["get", [["k"], "stream"], 'Error: KV GET_BULK failed: 400 "stream" is not a valid type.'],
      ["get", [Array(101).fill("k")], "Error: KV GET_BULK failed: 400 You can request a maximum of 100 keys"],
      ["list", [{ limit: 0 }], "Error: KV GET failed: 400 Invalid key_count_limit of 0."],
      ["list", [{ limit: 1001 }], "Error: KV GET failed: 400 Invalid key_count_limit of 1001."],
      ["list", [{ cursor: "what" }], "Error: KV GET failed: 400 Invalid cursor."],
    ];
    for (const [method, args, expected] of rows) {
      const told = await ask(method, ...args) as { error: string };
      assertStringIncludes(told.error ?? JSON.stringify(told), expected);
    }
  });

  await t.step("a namespace holds no more than storage_mb", async () => {
    const small = asker(nano, "small");
    let last: unknown = null;
    for (let at = 0; at < 20 && last === null; at++) last = await small("put", `k${at}`, { repeat: 100_000 });
    assertStringIncludes((last as { error: string }).error, "storage_mb");
    assertEquals((last as { code: string }).code, "STORAGE_FULL");
    for (let at = 0; at < 20; at++) await small("delete", `k${at}`);
    assertEquals(await small("put", "again", { repeat: 100_000 }), null);
  });
}
