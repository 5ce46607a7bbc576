/** Names, paths and documents that try to mean something else than they say. */
import { assert, assertEquals } from "@std/assert";
import { rawRequest } from "../../support/raw_http.ts";
import { rawTarGz } from "../../support/raw_tar.ts";
import { AdminScene, saying, TOKEN, zipOf } from "./admin_scene.ts";

const HEAD = `Host: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`;

Deno.test("hostile names, paths and documents are refused, change nothing, and end nothing", async (test) => {
  await using scene = await AdminScene.create({ app: saying("app") });
  const stateFiles = async () =>
    (await Array.fromAsync(Deno.readDir(`${scene.project.dir}/.nano`))).map((one) => one.name);
  const before = await scene.ask("GET", "/admin/apps");

  await test.step("paths that are written another way lead nowhere", async () => {
    const open = ["/livez", "/assets"].flatMap((start) => [
      `${start}/../admin/apps`,
      `${start}/%2e%2e/admin/apps`,
      `${start}/..%2fadmin%2fapps`,
      `${start}/..\\admin\\apps`,
    ]);
    const others = ["//admin/apps", "/admin//apps", "/ADMIN/apps", "/admin/apps/", "/./admin/apps", "/admin%2fapps"];
    for (const path of [...open, ...others]) {
      const bare = await rawRequest(
        scene.adminUrl,
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      assert([400, 401, 404].includes(bare.status), `${path} without a token: ${bare.status} ${bare.text}`);
      assert(!bare.text.includes('"apps"'), path);
      const { status } = await rawRequest(scene.adminUrl, `GET ${path} HTTP/1.1\r\n${HEAD}`);
      assert([400, 404].includes(status), `${path} with the token: ${status}`);
    }
  });

  await test.step("names that no app has are 404 for every method, whatever they hold", async () => {
    const names = [
      "..%2f..%2fetc",
      "%00",
      "a".repeat(4000),
      "__proto__",
      "constructor",
      "App",
      "%F0%9F%92%A9",
      "%ff",
      "a%0d%0ab",
    ];
    for (const name of names) {
      for (
        const [method, end] of [["GET", ""], ["DELETE", ""], ["POST", "/restart"], ["GET", "/versions"], [
          "GET",
          "/logs",
        ]]
      ) {
        const [status] = await scene.refusal(method!, `/admin/apps/${name}${end}`);
        assertEquals(status, 404, `${method} ${name.slice(0, 20)}${end}`);
      }
      assertEquals((await scene.refusal("PATCH", `/admin/apps/${name}`, { json: { memory_mb: 64 } }))[0], 404);
    }
  });

  await test.step("an upload to a name that cannot be one makes no folder", async () => {
    const archive = zipOf(saying("evil"));
    for (
      const name of [
        "..",
        "..%2f..%2fevil",
        "%2e%2e%2fevil",
        "Upper",
        "a".repeat(64),
        "a".repeat(255),
        "a%00b",
        "-a",
        "a%2fb",
      ]
    ) {
      const upload = { body: archive, headers: { "content-type": "application/zip" } };
      const response = await scene.ask("POST", `/admin/apps/${name}/versions?create=1`, upload);
      assert([400, 404].includes(response.status), `${name}: ${response.status} ${response.text}`);
    }
    for await (const { name } of Deno.readDir(scene.project.dir)) assert(!name.includes("evil"), name);
    const kept = await Array.fromAsync(Deno.readDir(`${scene.project.dir}/.nano/versions`)).catch(() => []);
    assertEquals(kept.map(({ name }) => name), []);
  });

  await test.step("archives that lie are refused", async () => {
    const bomb = rawTarGz([{ name: "index.js", content: new Uint8Array(600 * 1024 * 1024) }]);
    assert(bomb.byteLength < 2_000_000);
    const archives: [string, Uint8Array<ArrayBuffer>][] = [
      ["bomb", bomb],
      ["way out", rawTarGz([{ name: "../../evil.js", content: "x" }])],
      ["link", rawTarGz([{ name: "index.js", type: "2", link: "/etc/passwd" }])],
      ["no archive", new TextEncoder().encode("hello")],
      ["nothing", new Uint8Array(0)],
      ["half", zipOf(saying("half")).slice(0, 100)],
    ];
    for (const [what, body] of archives) {
      const [status] = await scene.refusal("POST", "/admin/apps/app/versions", { body });
      assert([400, 413].includes(status), `${what}: ${status}`);
    }
    assertEquals((await scene.ask("GET", "/admin/apps/app/versions")).json.versions, []);
  });

  await test.step("documents that reach for prototypes, depth and odd characters are refused", async () => {
    const bodies = [
      '{"__proto__":{"path":"./more","hostname":"p.test"}}',
      '{"hostname":"p.test","path":"./more","__proto__":{"port":1}}',
      '{"hostname":"p.test","path":"./more","constructor":{"prototype":{}}}',
      '{"hostname":"p.test","path":"./more","env":{"A":{"__proto__":{"from_env":"HOME"}}}}',
      "[".repeat(100_000) + "]".repeat(100_000),
      `{"hostname":${"[".repeat(50_000)}${"]".repeat(50_000)},"path":"./more"}`,
      '{"hostname":"p.test","path":"./more\\u0000"}',
      '{"hostname":"p.test","path":"./' + "a".repeat(5000) + '"}',
      '{"hostname":"p\\u0000.test","path":"./more"}',
      '{"hostname":"p\\r\\nset-cookie: a=b.test","path":"./more"}',
      '{"hostname":"' + "a".repeat(300) + '.test","path":"./more"}',
      '{"name":"constructor\\n","hostname":"p.test","path":"./more"}',
      '{"name":"v1--app","hostname":"app","path":"./more"}',
      '{"hostname":"p.test","path":"./more","env":{"A":"\\u0000"}}',
      '{"hostname":"p.test","path":"./more","env":{"A":{"from_file":"./\\u0000"}}}',
      '{"hostname":"p.test","path":"./more","env":{"A":{"from_file":"/dev/zero"}}}',
      '{"hostname":"p.test","path":"/dev/zero"}',
      '{"hostname":"p.test","path":"/proc/self/mem"}',
      '{"hostname":"p.test","path":"./more","memory_mb":1e400}',
      '"text"',
      "null",
      "[]",
      "\ufeff",
      "\u0000",
    ];
    for (const body of bodies) {
      const [status, code] = await scene.refusal("POST", "/admin/apps", {
        body,
        headers: { "content-type": "application/json" },
      });
      assert(status === 400 || status === 409, `${body.slice(0, 80)}: ${status} ${code}`);
    }
    for (
      const body of [
        '{"__proto__":{"memory_mb":64}}',
        '{"env":null,"name":"other"}',
        "null",
      ]
    ) {
      const [status] = await scene.refusal("PATCH", "/admin/apps/app", {
        body,
        headers: { "content-type": "application/json" },
      });
      assert(status === 400 || status === 409, `${body}: ${status}`);
    }
    assertEquals(await scene.refusal("POST", "/admin/apps", { body: "x".repeat(2 * 1024 * 1024) }), [
      413,
      "BODY_TOO_LARGE",
    ]);
  });

  await test.step("a variable that is named as the prototype is none", async () => {
    const body = '{"env":{"__proto__":"x","MODE":"own"}}';
    const headers = { "content-type": "application/json" };
    const changed = await scene.ask("PATCH", "/admin/apps/app", { body, headers });
    assertEquals([changed.status, changed.json.env], [200, { MODE: "own" }]);
    assertEquals((await scene.ask("POST", "/admin/apps/app/reset")).json.env, {});
  });

  await test.step("of a key that stands twice the last counts, and nothing else comes of it", async () => {
    const body = '{"hostname":"app","hostname":"twice.test","path":"./more"}';
    const added = await scene.ask("POST", "/admin/apps", { body, headers: { "content-type": "application/json" } });
    assertEquals([added.status, added.json.hostnames], [201, ["twice.test"]]);
    assertEquals((await scene.ask("DELETE", `/admin/apps/${added.json.name}`)).status, 200);
  });

  await test.step("an app may be named as a property of every object", async () => {
    const entry = { name: "constructor", hostname: "constructor.test", path: "./more" };
    assertEquals((await scene.ask("POST", "/admin/apps", { json: entry })).status, 201);
    assertEquals(await scene.text("constructor.test"), "more -");
    assertEquals((await scene.ask("PATCH", "/admin/apps/constructor", { json: { env: { MODE: "two" } } })).status, 200);
    assertEquals(await scene.text("constructor.test"), "more two");
    assertEquals((await scene.ask("GET", "/admin/apps/constructor/series")).status, 200);
    assertEquals((await scene.ask("DELETE", "/admin/apps/constructor")).status, 200);
  });

  await test.step("words of an operator stay words", async () => {
    const note = encodeURIComponent("a\r\nset-cookie: x=y\r\n\r\n<script>");
    const deployed = await scene.ask("POST", `/admin/apps/app/versions?note=${note}`, { body: zipOf(saying("noted")) });
    assertEquals([deployed.status, deployed.json.note], [201, "a\r\nset-cookie: x=y\r\n\r\n<script>"]);
    assertEquals(deployed.headers.get("set-cookie"), null);
    const page = await scene.ask("GET", "/apps/app", { headers: { accept: "text/html" } });
    assert(page.status === 200 && !page.text.includes("<script>"), "the note must be escaped");
    assertEquals((await scene.ask("POST", "/admin/apps/app/rollback", { json: { version: "path" } })).status, 200);
    assertEquals((await scene.ask("DELETE", "/admin/apps/app/versions/" + deployed.json.version)).status, 200);
  });

  const after = await scene.ask("GET", "/admin/apps");
  assertEquals(after.json.total, before.json.total);
  assertEquals(await scene.text("app"), "app -");
  assert((await stateFiles()).every((name) => !name.includes("evil")));
  assertEquals(scene.nano.stderr.includes("failed:"), false, scene.nano.stderr);
});
