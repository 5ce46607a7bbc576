/** The admin API as a whole: what is open, what wants the token, and what no route may do. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { apiBench, BEARER, problem, refusal, TOKEN } from "./api_bench.ts";

Deno.test("GET /livez and /readyz are open; all else wants the token", async () => {
  const { bare } = apiBench();
  for (const path of ["/livez", "/readyz"]) {
    const response = await bare(path);
    assertEquals(response.status, 200, path);
    await response.body?.cancel();
  }
  for (
    const path of [
      "/metrics",
      "/admin/health",
      "/admin/apps",
      "/admin/apps/app-1",
      "/admin/config",
      "/admin/nothing",
      "/",
    ]
  ) {
    const response = await bare(path);
    assertEquals((await problem(response)).code, "UNAUTHORIZED", path);
    assertMatch(response.headers.get("www-authenticate")!, /^Bearer/);
  }
  assertEquals((await problem(await bare("/admin/reload", { method: "POST" }))).code, "UNAUTHORIZED");
});

Deno.test("a wrong token is refused, whatever its form, and the right one is taken", async () => {
  const { bare } = apiBench();
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
    const response = await bare("/admin/apps", { headers: { authorization } });
    assertEquals((await problem(response)).code, "UNAUTHORIZED", authorization);
  }
  for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`]) {
    const response = await bare("/admin/apps", { headers: { authorization } });
    assertEquals(response.status, 200);
    await response.body?.cancel();
  }
});

Deno.test("GET /readyz tells the state of each app, and a failed app does not hold down the rest", async () => {
  const { target, ask, bare } = apiBench({ fake: { apps: 2 } });
  target.move("app-1", "starting");
  const starting = await bare("/readyz");
  assertEquals([starting.status, (await starting.json()).status], [503, "starting"]);

  target.move("app-1", "running");
  target.move("app-2", "failed", "secret source line");
  const ready = await bare("/readyz");
  assertEquals(ready.status, 200);
  assertEquals(ready.headers.get("cache-control"), "no-store");
  assertEquals(await ready.json(), {
    status: "ready",
    apps: [{ name: "app-1", state: "running" }, { name: "app-2", state: "failed" }],
    failed: ["app-2"],
  });

  target.draining = true;
  for (const path of ["/readyz", "/admin/health"]) {
    const draining = await ask(path);
    assertEquals([draining.status, (await draining.json()).status], [503, "draining"], path);
  }
  const alive = await bare("/livez");
  assertEquals(alive.status, 200, "a draining process is alive");
  await alive.body?.cancel();
});

Deno.test("a foreign Host is refused on every path, open or not", async () => {
  const { bare } = apiBench({ hostnames: ["admin.example"] });
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
      const response = await bare(path, { headers: { host, ...BEARER } });
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
    const response = await bare("/livez", { headers: { host } });
    assertEquals(response.status, 200, host);
    await response.body?.cancel();
  }
});

Deno.test("a listener on all addresses takes any address as Host, but no foreign name", async () => {
  for (const wildcard of ["0.0.0.0", "::"]) {
    const { bare } = apiBench({ hostnames: [wildcard] });
    for (
      const [host, status] of [["10.0.0.7:9090", 200], ["[2001:db8::1]:9090", 200], ["evil.example", 403]] as const
    ) {
      const response = await bare("/livez", { headers: { host } });
      assertEquals(response.status, status, `${wildcard} ${host}`);
      await response.body?.cancel();
    }
  }
});

Deno.test("a foreign Origin is refused even with the token, the own origin is taken", async () => {
  const { target, bare } = apiBench();
  for (const origin of ["http://evil.example", "null", "http://127.0.0.1:3000", "nonsense"]) {
    const response = await bare("/admin/reload", { method: "POST", headers: { ...BEARER, origin } });
    assertEquals((await problem(response)).code, "FORBIDDEN", origin);
  }
  assertEquals(target.reloads, 0);
  const own = await bare("/admin/reload", { method: "POST", headers: { ...BEARER, origin: "http://127.0.0.1:9090" } });
  assertEquals(own.status, 200);
  await own.body?.cancel();
});

Deno.test("GET /metrics is Prometheus text", async () => {
  const { bare } = apiBench();
  const response = await bare("/metrics", { headers: BEARER });
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert((await response.text()).includes("nano_uptime_seconds 1\n"));
});

Deno.test("an unforeseen error is reported to the operator and tells the client nothing", async () => {
  const { target, ask, reported } = apiBench();
  const failure = new Error("cannot open /home/operator/secret");
  target.refusal = failure;
  const response = await ask("/admin/reload", { method: "POST" });
  const text = JSON.stringify(await problem(response));
  assertEquals(response.status, 500);
  assert(!text.includes("/home/operator"), text);
  assertEquals(reported, [failure]);
});

Deno.test("an unknown path is 404, an unknown method 405 with the methods that there are", async () => {
  const { ask, bare } = apiBench();
  for (const path of ["/admin/nothing", "/admin/apps/", "/admin/apps//restart", "/admin//apps", "/Admin/apps"]) {
    assertEquals(await refusal(await ask(path)), [404, "NOT_FOUND"], path);
  }
  const cases = [
    ["DELETE", "/metrics", "GET, HEAD"],
    ["PUT", "/admin/apps", "DELETE, GET, HEAD, POST"],
    ["POST", "/admin/apps/app-1", "DELETE, GET, HEAD, PATCH"],
    ["GET", "/admin/apps/app-1/restart", "POST"],
    ["GET", "/admin/reload", "POST"],
  ] as const;
  for (const [method, path, allow] of cases) {
    const response = await ask(path, { method });
    assertEquals(response.headers.get("allow"), allow, `${method} ${path}`);
    assertEquals(await refusal(response), [405, "METHOD_NOT_ALLOWED"]);
  }
  for (const path of ["/livez", "/readyz"]) {
    const response = await bare(path, { method: "POST" });
    assertEquals(response.headers.get("allow"), "GET, HEAD", `${path} is open to all`);
    assertEquals(await refusal(response), [405, "METHOD_NOT_ALLOWED"]);
  }
});

Deno.test("HEAD answers as GET without the body, and opens no stream", async () => {
  const { ask, target } = apiBench();
  for (const path of ["/admin/apps", "/admin/apps/app-1", "/metrics", "/admin/stats", "/admin/logs?follow=1"]) {
    const head = await ask(path, { method: "HEAD" });
    assertEquals([head.status, await head.text()], [200, ""], path);
  }
  const stats = await ask("/admin/stats", { method: "HEAD" });
  assertMatch(stats.headers.get("content-type")!, /^text\/event-stream/);
  assertEquals(target.observations.followers, 0);
});

Deno.test("every answer carries the security headers, errors too", async () => {
  const { ask, bare } = apiBench();
  const answers = [await ask("/admin/apps"), await bare("/livez"), await bare("/admin/apps"), await ask("/nothing")];
  for (const answer of answers) {
    assertMatch(answer.headers.get("content-security-policy")!, /default-src 'none'.*frame-ancestors 'none'/);
    assertEquals(answer.headers.get("x-content-type-options"), "nosniff");
    assertEquals(answer.headers.get("referrer-policy"), "no-referrer");
    assertEquals(answer.headers.get("cache-control"), "no-store");
    assertMatch(answer.headers.get("x-request-id")!, /^[0-9a-f-]{36}$/);
    await answer.body?.cancel();
  }
});

Deno.test("a body that is malformed, of another type or too long is refused", async () => {
  const { ask } = apiBench();
  const post = (body: BodyInit, type?: string) =>
    ask("/admin/apps", { method: "POST", body, headers: type === undefined ? {} : { "content-type": type } });
  assertEquals(await refusal(await post("{", "application/json")), [400, "BAD_REQUEST"]);
  assertEquals(await refusal(await post("{}", "application/xml")), [415, "UNSUPPORTED_MEDIA_TYPE"]);
  assertEquals(await refusal(await post(new FormData())), [415, "UNSUPPORTED_MEDIA_TYPE"]);
  const long = JSON.stringify({ path: "x".repeat(1024 * 1024) });
  assertEquals(await refusal(await post(long, "application/json")), [413, "BODY_TOO_LARGE"]);
  const stream = new Blob([long]).stream();
  assertEquals(await refusal(await post(stream, "application/json")), [413, "BODY_TOO_LARGE"]);
  assertEquals(await refusal(await post("", "application/json")), [400, "BAD_REQUEST"]);
});

Deno.test("a body under a client's default type, or under none, is read as JSON", async () => {
  const { ask } = apiBench({ fake: { apps: 1 } });
  const types = ["application/json; charset=utf-8", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8"];
  for (const type of [...types, undefined]) {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const body = new TextEncoder().encode('{"memory_mb": 256}');
    const response = await ask("/admin/apps/app-1", { method: "PATCH", body, headers });
    assertEquals(response.status, 200, type);
    await response.body?.cancel();
  }
});

Deno.test("a content type without a body is no body", async () => {
  const { ask } = apiBench({ fake: { apps: 1 } });
  const response = await ask("/admin/reload", { method: "POST", headers: { "content-type": "application/json" } });
  assertEquals(response.status, 200);
  await response.body?.cancel();
});
