/** KV namespaces through the admin listener: people and apps see the same values. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { AdminScene, TOKEN } from "./admin_scene.ts";

/** Puts `text` under `key`, or tells what is there. */
const APP = `export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const key = searchParams.get("key");
    if (request.method === "POST") await env.CACHE.put(key, await request.text(), { metadata: { by: "app" } });
    const { value, metadata } = await env.CACHE.getWithMetadata(key);
    return Response.json({ value, metadata });
  },
};`;

const APPS = {
  shop: { files: APP, config: { hostname: "shop.localhost", bindings: { CACHE: { kv: "cache" } }, storage_mb: 1 } },
  blog: { files: APP, config: { bindings: { CACHE: { kv: "other" }, SAME: { kv: "cache" } } } },
  worker: {
    files: {
      "index.js": APP,
      "wrangler.jsonc":
        '{ "name": "worker", "main": "index.js", "kv_namespaces": [{ "binding": "CACHE", "id": "abc" }] }',
    },
  },
};

Deno.test("The admin API looks at and changes KV namespaces as the apps that use them do", async (t) => {
  await using scene = await AdminScene.create(APPS);
  const seenByApp = async (key: string) =>
    await (await scene.nano.fetch("shop.localhost", `/?key=${encodeURIComponent(key)}`)).json();

  await t.step("namespaces are there before anything is kept in them, with who uses them", async () => {
    const { status, json } = await scene.ask("GET", "/admin/kv");
    assertEquals(status, 200);
    assertEquals(json.namespaces, [
      {
        name: "cache",
        uses: [{ app: "shop", binding: "CACHE" }, { app: "blog", binding: "SAME" }],
        bytes: 0,
        // The larger of what its two apps may keep.
        max_bytes: 1024 ** 3,
        keys: 0,
        has_more_keys: false,
      },
      {
        name: "other",
        uses: [{ app: "blog", binding: "CACHE" }],
        bytes: 0,
        max_bytes: 1024 ** 3,
        keys: 0,
        has_more_keys: false,
      },
      {
        name: "worker.abc",
        uses: [{ app: "worker", binding: "CACHE" }],
        bytes: 0,
        max_bytes: 1024 ** 3,
        keys: 0,
        has_more_keys: false,
      },
    ]);
    assertEquals((await scene.ask("GET", "/admin/kv/other/keys")).json, { keys: [], cursor: null });
    assertEquals(await scene.refusal("GET", "/admin/kv/other/values/none"), [404, "NOT_FOUND"]);
    assertEquals(await exists(`${scene.project.dir}/.nano/data/kv/other.db`), false, "looking makes no file");
  });

  await t.step("what an app has put is read with its metadata, and what is put here the app reads", async () => {
    const posted = await scene.nano.fetch("shop.localhost", "/?key=from-app", { method: "POST", body: "héllo" });
    assertEquals(await posted.json(), { value: "héllo", metadata: { by: "app" } });
    const got = await scene.ask("GET", "/admin/kv/cache/values/from-app");
    assertEquals([got.status, got.text], [200, "héllo"]);
    assertEquals(got.headers.get("content-type"), "application/octet-stream");
    assertEquals(got.headers.get("nano-kv-metadata"), '{"by":"app"}');
    assertEquals(got.headers.get("nano-kv-expiration"), null);

    const key = "a/../b?ü#%2F";
    const metadata = encodeURIComponent('{ "ü": [1] }');
    const path = `/admin/kv/cache/values/${encodeURIComponent(key)}`;
    const body = new Uint8Array([0, 255, 10, 13, 128]);
    const before = Math.floor(Date.now() / 1000);
    const put = await scene.ask("PUT", `${path}?expiration_ttl=600&metadata=${metadata}`, { body });
    const after = Math.ceil(Date.now() / 1000);
    assertEquals([put.status, put.json], [200, { namespace: "cache", key }]);
    const answer = await fetch(`${scene.adminUrl}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    assertEquals(await answer.bytes(), body);
    assertEquals(answer.headers.get("nano-kv-metadata"), '{"\\u00fc":[1]}');
    const expiration = Number(answer.headers.get("nano-kv-expiration"));
    assert(expiration >= before + 600 && expiration <= after + 600, `${expiration}, put from ${before} to ${after}`);
    await scene.ask("PUT", "/admin/kv/cache/values/text", { body: "by hand" });
    assertEquals(await seenByApp("text"), { value: "by hand", metadata: null });
    assertEquals((await seenByApp(key)).metadata, { "ü": [1] });
  });

  await t.step("long values stream both ways", async () => {
    const path = "/admin/kv/other/values/long";
    const body = "0123456789".repeat(100_000);
    assertEquals((await scene.ask("PUT", path, { body })).status, 200);
    assertEquals((await scene.ask("GET", path)).text, body);
    assertEquals((await scene.ask("PUT", path, { body: "" })).status, 200);
    assertEquals((await scene.ask("GET", path)).text, "");
  });

  await t.step("keys are listed by prefix, in pages", async () => {
    for (const key of ["list:a", "list:b", "list:c"]) {
      await scene.ask("PUT", `/admin/kv/other/values/${key}`, { body: "1" });
    }
    const first = (await scene.ask("GET", "/admin/kv/other/keys?prefix=list:&limit=2")).json;
    assertEquals(first.keys, [
      { name: "list:a", expiration: null, metadata: null },
      { name: "list:b", expiration: null, metadata: null },
    ]);
    const next = (await scene.ask("GET", `/admin/kv/other/keys?prefix=list:&limit=2&cursor=${first.cursor}`)).json;
    assertEquals([next.keys.map(({ name }: { name: string }) => name), next.cursor], [["list:c"], null]);
    assertEquals(await scene.refusal("GET", "/admin/kv/other/keys?cursor=zz"), [400, "USAGE"]);
    assertEquals(await scene.refusal("GET", "/admin/kv/other/keys?limit=1001"), [400, "USAGE"]);
  });

  await t.step("bulks put, get and delete; what is refused is named and the rest is done", async () => {
    const put = await scene.ask("PUT", "/admin/kv/other/bulk", {
      json: [
        { key: "one", value: "1", metadata: { n: 1 } },
        { key: "two", value: "/wA=", base64: true },
        { key: "..", value: "x" },
        { key: "soon", value: "x", expiration_ttl: 5 },
      ],
    });
    assertEquals(put.json.done, 2);
    assertEquals(put.json.failed.map(({ key }: { key: string }) => key), ["..", "soon"]);
    assertMatch(put.json.failed[1].error, /Expiration TTL must be at least 60/);
    const got = await scene.ask("POST", "/admin/kv/other/bulk/get", { json: ["one", "none", "two"] });
    assertEquals(got.json.values, [
      { key: "one", value: "1", base64: false },
      { key: "none", value: null, base64: false },
      { key: "two", value: "/wA=", base64: true },
    ]);
    assertEquals(await scene.refusal("PUT", "/admin/kv/other/bulk", { json: [{ key: "x" }] }), [400, "USAGE"]);
    const bad = [{ key: "x", value: "no base64!", base64: true }];
    assertEquals(await scene.refusal("PUT", "/admin/kv/other/bulk", { json: bad }), [400, "USAGE"]);
    const gone = await scene.ask("POST", "/admin/kv/other/bulk/delete", { json: ["one", "two", "none"] });
    assertEquals(gone.json, { done: 3, failed: [] });
    assertEquals(await scene.refusal("GET", "/admin/kv/other/values/one"), [404, "NOT_FOUND"]);
  });

  await t.step("what is wrong is refused with a code, and nothing changes", async () => {
    const long = "k".repeat(513);
    assertEquals(await scene.refusal("PUT", `/admin/kv/cache/values/${long}`, { body: "x" }), [400, "USAGE"]);
    assertEquals(await scene.refusal("PUT", "/admin/kv/cache/values/x?metadata={", { body: "x" }), [400, "USAGE"]);
    assertEquals(await scene.refusal("PUT", "/admin/kv/cache/values/x?expiration=1", { body: "x" }), [400, "USAGE"]);
    assertEquals(await scene.refusal("PUT", "/admin/kv/none/values/x", { body: "x" }), [404, "NOT_FOUND"]);
    assertEquals(await scene.refusal("GET", "/admin/kv/..%2Fd1%2Fx/keys"), [404, "NOT_FOUND"]);
    const body = new Uint8Array(26 * 1024 * 1024);
    assertEquals(await scene.refusal("PUT", "/admin/kv/other/values/x", { body }), [413, "BODY_TOO_LARGE"]);
    assertEquals(await scene.refusal("GET", "/admin/kv/cache/values/x"), [404, "NOT_FOUND"]);
    assertEquals(await exists(`${scene.project.dir}/.nano/data/kv/none.db`), false);
  });

  await t.step("deletes reach the app, changes stand in the history, and a namespace outlives its app", async () => {
    assertEquals((await scene.ask("DELETE", "/admin/kv/cache/values/text")).status, 200);
    assertEquals(await seenByApp("text"), { value: null, metadata: null });
    const { entries } = (await scene.ask("GET", "/admin/history?limit=1")).json;
    assertEquals(
      [entries[0].action, entries[0].app, entries[0].detail],
      ["kv.delete", null, 'Deleted "text" of KV namespace "cache"'],
    );
    await scene.ask("DELETE", "/admin/apps/blog");
    const other = (await scene.ask("GET", "/admin/kv")).json.namespaces[1];
    assertEquals([other.name, other.uses], ["other", []]);
    assert(other.bytes > 0 && other.keys === 4, JSON.stringify(other));
  });
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
