/** The admin API: what is open, what wants the token, and what each answer looks like. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoError } from "../../../mod.ts";
import { createAdminApi } from "../../../admin/api.ts";
import { FakeNano, fakeSnapshot } from "./fake_nano.ts";

const TOKEN = "t0ken";
const BEARER = { authorization: `Bearer ${TOKEN}` };

function bench(hostnames: readonly string[] = []) {
  const nano = new FakeNano();
  const reported: unknown[] = [];
  const api = createAdminApi(nano, { token: TOKEN, hostnames, report: (e) => reported.push(e), now: () => 1_090_000 });
  const ask = async (path: string, init: RequestInit = {}) =>
    await api.request(path, { ...init, headers: { host: "127.0.0.1:9090", ...init.headers } });
  return { nano, reported, ask };
}

async function problem(response: Response) {
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  const body = await response.json();
  assertEquals(body.status, response.status);
  assertEquals(body.code, response.headers.get("nano-error"));
  assertEquals(body.request_id, response.headers.get("x-request-id"));
  assertMatch(body.request_id, /^[0-9a-f-]{36}$/);
  assert(body.type && body.title && body.detail);
  return body;
}

Deno.test("GET /livez, /readyz and /admin/health are open; all else wants the token", async () => {
  const { ask } = bench();
  for (const path of ["/livez", "/readyz", "/admin/health"]) {
    const response = await ask(path);
    assertEquals(response.status, 200, path);
    await response.body?.cancel();
  }
  for (const path of ["/metrics", "/admin/apps", "/admin/apps/hello", "/admin/config", "/admin/nothing", "/"]) {
    const response = await ask(path);
    assertEquals((await problem(response)).code, "UNAUTHORIZED", path);
    assertMatch(response.headers.get("www-authenticate")!, /^Bearer/);
  }
  assertEquals((await problem(await ask("/admin/reload", { method: "POST" }))).code, "UNAUTHORIZED");
});

Deno.test("a wrong token is refused, whatever its form, and the right one is taken", async () => {
  const { ask } = bench();
  for (
    const authorization of [
      "Bearer wrong",
      `Basic ${TOKEN}`,
      TOKEN,
      "Bearer",
      "Bearer ",
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN} x`,
    ]
  ) {
    const response = await ask("/admin/apps", { headers: { authorization } });
    assertEquals((await problem(response)).code, "UNAUTHORIZED", authorization);
  }
  for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`]) {
    const response = await ask("/admin/apps", { headers: { authorization } });
    assertEquals(response.status, 200);
    await response.body?.cancel();
  }
});

Deno.test("GET /readyz tells the state of each app, and a failed app does not hold down the rest", async () => {
  const { nano, ask } = bench();
  nano.ready = { ready: false, draining: false, apps: [{ name: "a", state: "starting", error: null }] };
  const starting = await ask("/readyz");
  assertEquals([starting.status, (await starting.json()).status], [503, "starting"]);

  nano.ready = {
    ready: true,
    draining: false,
    apps: [{ name: "a", state: "running", error: null }, { name: "b", state: "failed", error: "secret source line" }],
  };
  const ready = await ask("/readyz");
  assertEquals(ready.status, 200);
  assertEquals(ready.headers.get("cache-control"), "no-store");
  assertEquals(await ready.json(), {
    status: "ready",
    apps: [{ name: "a", state: "running" }, { name: "b", state: "failed" }],
    failed: ["b"],
  });

  nano.ready = { ...nano.ready, draining: true };
  for (const path of ["/readyz", "/admin/health"]) {
    const draining = await ask(path);
    assertEquals([draining.status, (await draining.json()).status], [503, "draining"], path);
  }
  const alive = await ask("/livez");
  assertEquals(alive.status, 200, "a draining process is alive");
  await alive.body?.cancel();
});

Deno.test("a foreign Host is refused on every path, open or not", async () => {
  const { ask } = bench(["admin.example"]);
  for (
    const host of [
      "evil.example",
      "evil.example:9090",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "10.0.0.7",
      "",
      "localhost:x",
      "a@localhost",
    ]
  ) {
    for (const path of ["/livez", "/metrics"]) {
      const response = await ask(path, { headers: { host, ...BEARER } });
      assertEquals((await problem(response)).code, "FORBIDDEN", `${host} ${path}`);
    }
  }
  for (
    const host of [
      "localhost",
      "LOCALHOST:1",
      "127.0.0.1",
      "127.0.0.1:9090",
      "[::1]",
      "[::1]:9090",
      "admin.example:80",
      "Admin.Example.",
    ]
  ) {
    const response = await ask("/livez", { headers: { host } });
    assertEquals(response.status, 200, host);
    await response.body?.cancel();
  }
});

Deno.test("a listener on all addresses takes any address as Host, but no foreign name", async () => {
  for (const wildcard of ["0.0.0.0", "::"]) {
    const { ask } = bench([wildcard]);
    for (
      const [host, status] of [["10.0.0.7:9090", 200], ["[2001:db8::1]:9090", 200], ["evil.example", 403]] as const
    ) {
      const response = await ask("/livez", { headers: { host } });
      assertEquals(response.status, status, `${wildcard} ${host}`);
      await response.body?.cancel();
    }
  }
});

Deno.test("a foreign Origin is refused even with the token, the own origin is taken", async () => {
  const { ask, nano } = bench();
  for (const origin of ["http://evil.example", "null", "http://127.0.0.1:3000", "nonsense"]) {
    const response = await ask("/admin/reload", { method: "POST", headers: { ...BEARER, origin } });
    assertEquals((await problem(response)).code, "FORBIDDEN", origin);
  }
  assertEquals(nano.reloads, 0);
  const own = await ask("/admin/reload", { method: "POST", headers: { ...BEARER, origin: "http://127.0.0.1:9090" } });
  assertEquals(own.status, 200);
  await own.body?.cancel();
});

Deno.test("GET /metrics is Prometheus text", async () => {
  const { ask } = bench();
  const response = await ask("/metrics", { headers: BEARER });
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert((await response.text()).includes("nano_uptime_seconds 1\n"));
});

Deno.test("GET /admin/apps shows each app with its limits, in the spelling of nano.json", async () => {
  const { nano, ask } = bench();
  nano.snapshots = [
    fakeSnapshot("hello", {
      restarts: { out_of_memory: 2, unresponsive: 1 },
      lastExit: { reason: "out_of_memory", detail: "128 MiB", at: 1_000_000 },
      inFlight: 4,
    }),
    fakeSnapshot("leaving", { state: "draining" }),
  ];
  const { apps } = await (await ask("/admin/apps", { headers: BEARER })).json();
  assertEquals(apps.length, 2);
  const [hello, leaving] = apps;
  assertEquals(hello.limits.memory_mb, 128);
  assertEquals(hello.restarts, { out_of_memory: 2, unresponsive: 1 });
  assertEquals(hello.restarts_total, 3);
  assertEquals(hello.last_exit, { reason: "out_of_memory", detail: "128 MiB", at: "1970-01-01T00:16:40.000Z" });
  assertEquals([hello.in_flight, hello.uptime_seconds, hello.since], [4, 90, "1970-01-01T00:16:40.000Z"]);
  assertEquals([leaving.limits, leaving.uptime_seconds], [null, 0]);

  const one = await (await ask("/admin/apps/hello", { headers: BEARER })).json();
  assertEquals(one, hello);
  const none = await problem(await ask("/admin/apps/nobody", { headers: BEARER }));
  assertEquals([none.code, none.status], ["NOT_FOUND", 404]);
});

Deno.test("GET /admin/config shows no secret and keeps the names of variables", async () => {
  const { ask } = bench();
  const text = await (await ask("/admin/config", { headers: BEARER })).text();
  assert(!text.includes("very-secret") && !text.includes("configured-token"), text);
  const config = JSON.parse(text);
  assertEquals(Object.keys(config.apps[0].env), ["apiKey", "PLAIN"]);
  assertEquals(config.apps[0].env.PLAIN, "text");
  assertEquals([config.state_dir, config.apps[0].max_body_bytes], ["/srv/.nano", 1000]);
});

Deno.test("POST /admin/reload answers with the summary, or with every mistake", async () => {
  const { nano, ask } = bench();
  const reload = () => ask("/admin/reload", { method: "POST", headers: BEARER });
  assertEquals(await (await reload()).json(), { added: [], removed: [], changed: ["hello"], unchanged: [] });
  nano.refusal = new NanoError("CONFIG_INVALID", "Cannot load", { details: ["one", "two"] });
  const refused = await problem(await reload());
  assertEquals([refused.status, refused.code, refused.errors], [400, "CONFIG_INVALID", ["one", "two"]]);
});

Deno.test("an unforeseen error is reported to the operator and tells the client nothing", async () => {
  const { nano, ask, reported } = bench();
  nano.refusal = new Error("cannot open /home/operator/secret");
  const response = await ask("/admin/reload", { method: "POST", headers: BEARER });
  const text = JSON.stringify(await problem(response));
  assertEquals(response.status, 500);
  assert(!text.includes("/home/operator"), text);
  assertEquals(reported, [nano.refusal]);
});

Deno.test("an unknown path or method is NOT_FOUND for whoever has the token", async () => {
  const { ask } = bench();
  assertEquals((await problem(await ask("/admin/nothing", { headers: BEARER }))).code, "NOT_FOUND");
  assertEquals((await problem(await ask("/metrics", { method: "DELETE", headers: BEARER }))).code, "NOT_FOUND");
});
