/** Pages of other sites, clients of the network and whoever holds connections, against the real admin listener. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ConnectionClosed, RawConnection, rawRequest } from "../../support/raw_http.ts";
import { until } from "../life/until.ts";
import { AdminScene, saying, TOKEN, zipOf } from "./admin_scene.ts";

/** Every request that changes something. */
const UNSAFE: readonly (readonly [method: string, path: string])[] = [
  ["POST", "/admin/apps"],
  ["PATCH", "/admin/apps/app"],
  ["DELETE", "/admin/apps/app"],
  ["DELETE", "/admin/apps?hostname=app"],
  ["POST", "/admin/apps/app/restart"],
  ["POST", "/admin/apps/app/drain"],
  ["POST", "/admin/apps/app/reset"],
  ["POST", "/admin/apps/app/versions"],
  ["DELETE", "/admin/apps/app/versions/v1"],
  ["POST", "/admin/apps/app/rollback"],
  ["POST", "/admin/apps/app/rollout"],
  ["POST", "/admin/apps/app/crons/tidy/run"],
  ["POST", "/admin/reload"],
  ["POST", "/logout"],
];

/** The session cookie and the CSRF token that its pages carry. */
async function logIn(
  scene: AdminScene,
  headers: Record<string, string> = {},
): Promise<{ cookie: string; csrf: string }> {
  const body = new URLSearchParams({ token: TOKEN });
  const { status, headers: sent } = await scene.ask("POST", "/login", { body, headers, token: null });
  assertEquals(status, 303);
  const [written = ""] = sent.getSetCookie();
  assertMatch(written, /^nano_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  const cookie = written.slice(0, written.indexOf(";"));
  const page = await scene.ask("GET", "/", { headers: { cookie, accept: "text/html" }, token: null });
  return { cookie, csrf: /<meta name="csrf" content="([\w-]{43})"/.exec(page.text)![1]! };
}

Deno.test("what pages and clients of others send to the admin listener changes nothing and tells nothing", async (test) => {
  const apps = { app: { files: saying("app"), config: { crons: [{ schedule: "0 0 1 1 *", name: "tidy" }] } } };
  await using scene = await AdminScene.create(apps);
  const { host } = new URL(scene.adminUrl);
  const before = (await scene.ask("GET", "/admin/apps/app")).json;
  const raw = (head: string) => rawRequest(scene.adminUrl, `${head}\r\nConnection: close\r\n\r\n`);
  const bearer = `Authorization: Bearer ${TOKEN}`;

  await test.step("a name that is rebound to this machine is refused, even with the token", async () => {
    const hosts = [
      "evil.example",
      `evil.example:${new URL(scene.adminUrl).port}`,
      "127.0.0.1.evil.example",
      "localhost.evil",
    ];
    for (
      const name of [...hosts, "localhost@evil.example", "127.0.0.2", "2130706433", "[::ffff:127.0.0.1]", "app", ""]
    ) {
      for (const path of ["/admin/apps", "/livez", "/login", "/assets/x"]) {
        const { status, text } = await raw(`GET ${path} HTTP/1.1\r\nHost: ${name}\r\n${bearer}`);
        assert(status === 403 || status === 400, `Host ${name} for ${path}: ${status} ${text}`);
      }
    }
    const twice = await raw(`GET /admin/apps HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n${bearer}`);
    assert([400, 403].includes(twice.status), `two hosts: ${twice.status}`);
    const absolute = await raw(`GET http://evil.example/admin/apps HTTP/1.1\r\nHost: evil.example\r\n${bearer}`);
    assert([400, 403].includes(absolute.status), `absolute form: ${absolute.status}`);
    assertEquals((await raw(`GET /livez HTTP/1.1\r\nHost: LOCALHOST.:1`)).status, 200);
  });

  await test.step("a foreign origin is refused, even with the token", async () => {
    const own = `http://${host}`;
    for (
      const origin of [
        "https://evil.example",
        "null",
        "http://127.0.0.1:1",
        "http://localhost",
        `${own}.evil.example`,
        `${own}@evil`,
      ]
    ) {
      for (const [method, path] of [...UNSAFE, ["GET", "/admin/apps"], ["POST", "/login"]] as const) {
        const answer = await scene.refusal(method, path, { headers: { origin } });
        assertEquals(answer, [403, "FORBIDDEN"], `${method} ${path} from ${origin}`);
      }
      const preflight = await scene.ask("OPTIONS", "/admin/apps", {
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
        token: null,
      });
      assertEquals(preflight.headers.get("access-control-allow-origin"), null);
      assert(preflight.status >= 400, String(preflight.status));
    }
    assertEquals((await scene.ask("GET", "/admin/apps", { headers: { origin: own } })).status, 200);
  });

  await test.step("the cookie alone changes nothing: every change wants the session's CSRF token", async () => {
    const { cookie, csrf } = await logIn(scene);
    const other = await logIn(scene);
    for (const [method, path] of UNSAFE) {
      for (
        const headers of [{}, { "x-nano-csrf": "" }, { "x-nano-csrf": other.csrf }, { "x-nano-csrf": csrf.slice(1) }]
      ) {
        const answer = await scene.refusal(method, path, { headers: { cookie, ...headers }, token: null });
        assertEquals(answer, [403, "FORBIDDEN"], `${method} ${path}`);
      }
      const form = { cookie, "content-type": "application/x-www-form-urlencoded" };
      const posted = await scene.refusal(method, path, { body: "csrf=guess", headers: form, token: null });
      assertEquals(posted, [403, "FORBIDDEN"], `${method} ${path} as a form`);
      const foreign = { cookie, "x-nano-csrf": csrf, "sec-fetch-site": "same-site" };
      assertEquals((await scene.refusal(method, path, { headers: foreign, token: null }))[0], 403);
    }
    const read = { cookie, "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" };
    assertEquals((await scene.refusal("GET", "/admin/config", { headers: read, token: null }))[0], 401);
    const changed = await scene.ask("POST", "/admin/apps/app/restart", {
      headers: { cookie, "x-nano-csrf": csrf },
      token: null,
    });
    assertEquals(changed.status, 200, "the session itself may");
  });

  await test.step("a login makes a session of its own, and a logout ends it", async () => {
    const planted = "nano_session=" + "A".repeat(43);
    const { cookie, csrf } = await logIn(scene, { cookie: planted });
    assert(cookie !== planted);
    assertEquals((await scene.refusal("GET", "/admin/apps", { headers: { cookie: planted }, token: null }))[0], 401);
    const crossSite = { "sec-fetch-site": "cross-site" };
    const body = new URLSearchParams({ token: TOKEN });
    assertEquals((await scene.refusal("POST", "/login", { body, headers: crossSite, token: null }))[0], 403);
    for (
      const next of [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
      ]
    ) {
      const login = await scene.ask("POST", "/login", {
        body: new URLSearchParams({ token: TOKEN, next }),
        token: null,
      });
      assertMatch(login.headers.get("location")!, /^\/(?![/\\])/, next);
    }
    await scene.ask("POST", "/logout", { headers: { cookie, "x-nano-csrf": csrf }, token: null });
    assertEquals((await scene.refusal("GET", "/admin/apps", { headers: { cookie }, token: null }))[0], 401);
  });

  await test.step("no app gets the session's cookie", async () => {
    await scene.ask("POST", "/admin/apps", { json: { hostname: "echo.test", path: await echoApp(scene) } });
    const { cookie } = await logIn(scene);
    const answer = await scene.nano.fetch("echo.test", "/", { headers: { cookie: `a=1; ${cookie}; b=2` } });
    assertEquals(await answer.text(), "a=1; b=2");
    assertEquals((await scene.ask("DELETE", "/admin/apps?hostname=echo.test")).status, 200);
  });

  await test.step("no smuggled request comes out of the body of another", async () => {
    const inner = `DELETE /admin/apps/app HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`;
    const heads = [
      `Content-Length: ${inner.length}\r\nTransfer-Encoding: chunked`,
      `Content-Length: 0\r\nContent-Length: ${inner.length}`,
      "Transfer-Encoding: xchunked",
      "Transfer-Encoding: chunked, identity",
      "Content-Length: +0",
    ];
    for (const head of heads) {
      using connection = await RawConnection.open(scene.adminUrl);
      const chunk = head.includes("chunked") ? `0\r\n\r\n${inner}` : inner;
      await connection.send(`POST /livez HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n${chunk}`);
      const answers: number[] = [];
      try {
        for (;;) answers.push((await connection.readResponse()).status);
      } catch (error) {
        if (!(error instanceof ConnectionClosed)) throw error;
      }
      assertEquals((await scene.ask("GET", "/admin/apps/app")).status, 200, `${head}: ${answers}`);
    }
  });

  await test.step("guessing tokens is slowed down, and the right one is never locked out", async () => {
    const guess = (token: string) => scene.ask("GET", "/admin/apps", { token });
    const codes: number[] = [];
    for (let count = 0; count < 15; count++) codes.push((await guess(`guess-${count}`)).status);
    assertEquals([...new Set(codes)], [401, 429]);
    const late = await guess("guess");
    assert(Number(late.headers.get("retry-after")) > 0);
    const form = await scene.ask("POST", "/login", { body: new URLSearchParams({ token: "guess" }), token: null });
    assertMatch(form.headers.get("location")!, /problem=limit/);
    assertEquals((await guess(TOKEN)).status, 200);
    const text = JSON.stringify(scene.nano.events);
    assert(text.includes("Many wrong admin tokens") && !text.includes(TOKEN) && !text.includes("guess-"));
  });

  await test.step("connections that send nothing hold up neither listener", async () => {
    const held = await Promise.all(Array.from({ length: 200 }, () => RawConnection.open(scene.adminUrl)));
    try {
      await Promise.all(held.map((one) => one.send(`POST /admin/apps/app/versions HTTP/1.1\r\nHost: localhost\r\n`)));
      assertEquals(await scene.text("app"), "app -");
      assertEquals((await scene.ask("GET", "/admin/apps")).status, 200);
    } finally {
      for (const one of held) one.close();
    }
  });

  await test.step("of a thousand followers as many stay as there is room for, and going makes room", async () => {
    const stop = new AbortController();
    const init = { headers: { authorization: `Bearer ${TOKEN}` }, signal: stop.signal };
    const statuses = await Promise.all(
      Array.from({ length: 1000 }, async (_none, at) => {
        const path = ["/admin/events", "/admin/logs?follow=1", "/admin/stats"][at % 3]!;
        const response = await fetch(scene.adminUrl + path, init);
        if (response.status !== 200) await response.body?.cancel();
        return response.status;
      }),
    );
    assertEquals(statuses.filter((status) => status === 200).length, 64);
    assertEquals(statuses.filter((status) => status === 429).length, 936);
    assertEquals(await scene.text("app"), "app -");
    stop.abort();
    await until(async () => {
      const response = await fetch(scene.adminUrl + "/admin/events", { headers: init.headers });
      await response.body?.cancel();
      return response.status === 200;
    }, "room for another follower");
  });

  await test.step("an upload that is cut leaves nothing behind", async () => {
    const archive = zipOf({ "index.js": saying("cut"), "big.txt": crypto.randomUUID().repeat(10_000) });
    using connection = await RawConnection.open(scene.adminUrl);
    const head = `Host: localhost\r\n${bearer}\r\nContent-Length: ${archive.byteLength}`;
    const from = scene.nano.events.length;
    await connection.send(`POST /admin/apps/app/versions HTTP/1.1\r\n${head}\r\n\r\n`);
    await connection.send(archive.subarray(0, archive.byteLength / 2));
    connection.close();
    await scene.nano.waitForEvent(({ event, error }) => event === "operator_change" && error !== null, undefined, from);
    assertEquals((await scene.ask("GET", "/admin/apps/app/versions")).json.versions, []);
    const folder = `${scene.project.dir}/.nano/versions/app`;
    const files = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
    assertEquals(files.map(({ name }) => name), []);
  });

  const { state, env, origin, tag } = (await scene.ask("GET", "/admin/apps/app")).json;
  assertEquals([state, env, origin, tag], ["running", before.env, before.origin, before.tag]);
  assertEquals((await scene.ask("GET", "/admin/apps")).json.total, 1);
});

/** An app that tells the cookie it got. */
async function echoApp({ project }: AdminScene): Promise<string> {
  await project.writeFile(
    "echo",
    "index.js",
    'export default { fetch: (r) => new Response(r.headers.get("cookie")) };',
  );
  return `${project.dir}/apps/echo`;
}
