/** The routes of the apps. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoError } from "../../../mod.ts";
import { apiBench, PEER, problem, refusal } from "./api_bench.ts";

Deno.test("GET /admin/apps shows each app with its figures, limits and origin, in the spelling of nano.json", async () => {
  const { target, ask } = apiBench({ fake: { apps: 2, now: () => 1_090_000 } });
  const app = target.find("app-1");
  app.snapshot = {
    ...app.snapshot,
    since: 1_000_000,
    restarts: { out_of_memory: 2, unresponsive: 1 },
    lastExit: { reason: "out_of_memory", detail: "128 MiB", at: 1_000_000 },
    inFlight: 4,
    queued: 2,
  };
  app.origin = { ...app.origin, overrides: { memory_mb: 256, env: { theKey: "v" } }, deployed: "v2" };
  target.operations.aside = [{ app: "gone", reasons: ["nano.json no longer names this app"] }];
  const { apps, total, set_aside } = await (await ask("/admin/apps")).json();
  assertEquals([apps.length, total], [2, 2]);
  assertEquals(set_aside, [{ app: "gone", reasons: ["nano.json no longer names this app"] }]);
  const [first] = apps;
  assertEquals(first.limits.memory_mb, 128);
  assertEquals(first.restarts, { out_of_memory: 2, unresponsive: 1 });
  assertEquals(first.restarts_total, 3);
  assertEquals(first.last_exit, { reason: "out_of_memory", detail: "128 MiB", at: "1970-01-01T00:16:40.000Z" });
  assertEquals([first.in_flight, first.queued, first.uptime_seconds], [4, 2, 90]);
  assertEquals(first.since, "1970-01-01T00:16:40.000Z");
  assertEquals(first.origin.overrides, { memory_mb: 256, env: { theKey: "v" } });
  assertEquals([first.origin.source, first.origin.deployed, first.origin.version_of], ["file", "v2", null]);
  const { requests, errors, p99Seconds } = target.observations.requestSummary("app-1");
  assertEquals([first.requests, first.errors, first.latency.p99_seconds], [requests, errors, p99Seconds]);
  assertEquals(first.tag, target.operations.apps.tagOf("app-1"));
  assertEquals(first.env, undefined, "the list shows no variables");
});

Deno.test("GET /admin/apps/:name also shows masked variables, jobs, policies and requests by status", async () => {
  const { target, ask } = apiBench();
  const response = await ask("/admin/apps/app-1");
  assertEquals(response.headers.get("etag"), target.operations.apps.tagOf("app-1"));
  const text = await response.text();
  assert(!text.includes("very-secret"), text);
  const app = JSON.parse(text);
  assertEquals(app.env, { PLAIN: "text", apiKey: "***" });
  assertEquals(app.secrets, ["apiKey"]);
  assertEquals(app.crons, [{ name: "tidy", schedule: "*/5 * * * *" }]);
  assertEquals([app.outbound, app.streams, app.node_compat, app.start, app.assets], [
    "public",
    "native",
    true,
    "eager",
    null,
  ]);
  const total = Object.values(app.requests_by_status as Record<string, number>).reduce((sum, count) => sum + count, 0);
  assertEquals(total, app.requests);
  assertEquals(await refusal(await ask("/admin/apps/nobody")), [404, "NOT_FOUND"]);
});

Deno.test("an app that is being removed is shown without limits, origin and tag", async () => {
  const { target, ask } = apiBench({ fake: { apps: 1 } });
  const leaving = { ...target.find("app-1").snapshot, name: "leaving", state: "draining" as const };
  const apps = target.apps.bind(target);
  target.apps = () => [...apps(), leaving];
  const view = (await (await ask("/admin/apps")).json()).apps[1];
  assertEquals([view.name, view.limits, view.origin, view.tag, view.uptime_seconds], ["leaving", null, null, null, 0]);
  assertEquals((await (await ask("/admin/apps/leaving")).json()).env, {});
});

Deno.test("GET /admin/apps filters by text and state, and pages", async () => {
  const { ask } = apiBench({ fake: { apps: 30 } });
  const names = async (query: string) => {
    const { apps, total } = await (await ask(`/admin/apps?${query}`)).json();
    return [apps.map(({ name }: { name: string }) => name), total];
  };
  assertEquals(await names("state=failed"), [["app-10", "app-20", "app-30"], 3]);
  assertEquals(await names("q=APP-30.local"), [["app-30"], 1]);
  assertEquals(await names("q=app-2&limit=2&offset=1"), [["app-20", "app-21"], 11]);
  assertEquals((await names("q=&state=&limit=&offset="))[1], 30, "empty values are no restriction");
  assertEquals(await names("limit=0"), [[], 30]);
  const refused = await problem(await ask("/admin/apps?state=lazy&limit=-1"));
  assertEquals([refused.status, refused.code, refused.errors.length], [400, "USAGE", 2]);
  assertMatch(refused.errors[0], /^state is "lazy": expected one of idle, /);
});

Deno.test("GET /admin/apps lists 500 apps", async () => {
  const { ask } = apiBench({ fake: { apps: 500 } });
  const times: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    const start = performance.now();
    const { apps } = await (await ask("/admin/apps")).json();
    times.push(performance.now() - start);
    assertEquals(apps.length, 500);
  }
  const best = Math.min(...times);
  console.log(`500 apps listed in ${best.toFixed(1)} ms at best, ${times[0]!.toFixed(1)} ms the first time`);
});

Deno.test("POST /admin/apps adds an app and tells where it is", async () => {
  const { target, send } = apiBench({ fake: { apps: 1 } });
  const response = await send("POST", "/admin/apps", { hostname: "blog.example.com", path: "/srv/blog" });
  assertEquals([response.status, response.headers.get("location")], [201, "/admin/apps/blog"]);
  assertEquals(response.headers.get("etag"), target.operations.apps.tagOf("blog"));
  const view = await response.json();
  assertEquals([view.name, view.hostnames, view.origin.source], ["blog", ["blog.example.com"], "api"]);
  assertEquals(target.operations.entries.map(({ actor, action }) => [actor, action]), [[`api ${PEER}`, "app.add"]]);

  const again = await send("POST", "/admin/apps", { name: "blog", hostname: "other.example.com", path: "/srv/blog" });
  assertEquals(await refusal(again), [409, "CONFLICT"]);
  const taken = await send("POST", "/admin/apps", { name: "b2", hostname: "blog.example.com", path: "/srv/blog" });
  assertEquals(await refusal(taken), [409, "CONFLICT"]);
});

Deno.test("POST /admin/apps tells all mistakes at once, in the words of a refused nano.json, without secrets", async () => {
  const { target, send } = apiBench({ fake: { apps: 0 } });
  const refused = await problem(
    await send("POST", "/admin/apps", {
      hostname: "a b",
      pth: "x",
      memory_mb: 1,
      env: { A: { from: "hidden-value" } },
    }),
  );
  assertEquals([refused.status, refused.code], [400, "CONFIG_INVALID"]);
  assertEquals(refused.errors, [
    "path is missing: expected the path of a folder or an entry file",
    'hostname is "a b": expected a host such as "example.com", or "*.example.com" for every host below it',
    'env.A is an object: expected text, { "from_env": "HOST_NAME" } or { "from_file": "path" }',
    "memory_mb is 1: expected a whole number of MiB from 16 to 65536",
    'pth is no known key: did you mean "path"?',
  ]);
  assert(!JSON.stringify(refused).includes("hidden-value"));
  for (const body of [[], "text", 7, null]) {
    assertEquals(await refusal(await send("POST", "/admin/apps", body)), [400, "CONFIG_INVALID"], JSON.stringify(body));
  }
  assertEquals(target.memory.size, 0);
});

Deno.test("the error of an operation is answered with all its mistakes", async () => {
  const { target, send } = apiBench();
  target.refusal = new NanoError("CONFIG_INVALID", "Cannot use it", { details: ["one", "two"] });
  const refused = await problem(await send("POST", "/admin/apps", { hostname: "x.example.com", path: "/x" }));
  assertEquals([refused.status, refused.errors], [400, ["one", "two"]]);
});

Deno.test("PATCH /admin/apps/:name takes a merge patch with nulls, and no unknown key or name", async () => {
  const { target, send } = apiBench();
  const response = await send("PATCH", "/admin/apps/app-1", { memory_mb: 256, env: { PLAIN: null, NEW: "1" } });
  assertEquals(response.status, 200);
  const view = await response.json();
  assertEquals([view.limits.memory_mb, view.env], [256, { apiKey: "***", NEW: "1" }]);
  assertEquals(view.origin.overrides, { memory_mb: 256, env: { PLAIN: null, NEW: "1" } });
  assertEquals(response.headers.get("etag"), '"app-1-2"');
  const cleared = await send("PATCH", "/admin/apps/app-1", { memory_mb: null, hostname: null, crons: null });
  assertEquals(cleared.status, 200);
  await cleared.body?.cancel();

  const refused = await problem(await send("PATCH", "/admin/apps/app-1", { name: "other", cpu_ms: "1", timout_ms: 5 }));
  assertEquals([refused.status, refused.code, refused.errors.length], [400, "CONFIG_INVALID", 3]);
  assertMatch(refused.detail, /^Cannot change app "app-1": /);
  assertEquals(await refusal(await send("PATCH", "/admin/apps/nobody", {})), [404, "NOT_FOUND"]);
  assertEquals(target.find("app-1").config.name, "app-1");
});

Deno.test("If-Match guards every change of an app", async () => {
  const { target, send, ask } = apiBench();
  const stale = { "if-match": '"app-1-0"' };
  const changes = [
    ["PATCH", "", {}],
    ["DELETE", "", undefined],
    ["POST", "/restart", undefined],
    ["POST", "/drain", undefined],
    ["POST", "/reset", undefined],
    ["POST", "/rollback", { version: "path" }],
    ["POST", "/rollout", { version: "v1", percent: 10 }],
    ["DELETE", "/versions/v1", undefined],
  ] as const;
  for (const [method, path, body] of changes) {
    const answer = await send(method, `/admin/apps/app-1${path}`, body, stale);
    assertEquals(await refusal(answer), [412, "PRECONDITION_FAILED"], `${method} ${path}`);
  }
  const deployed = await ask("/admin/apps/app-1/versions", {
    method: "POST",
    body: new Uint8Array([0x50, 0x4b, 3, 4]),
    headers: { "content-type": "application/zip", ...stale },
  });
  assertEquals(await refusal(deployed), [412, "PRECONDITION_FAILED"]);
  const byHost = await send("DELETE", "/admin/apps?hostname=app-1.localhost", undefined, stale);
  assertEquals(await refusal(byHost), [412, "PRECONDITION_FAILED"]);
  assertEquals(target.operations.entries, [], "nothing was changed");

  for (const tag of ["*", '"app-1-1"', '"other", "app-1-2"']) {
    const answer = await send("POST", "/admin/apps/app-1/restart", undefined, { "if-match": tag });
    assertEquals(answer.status, 200, tag);
    if (tag === "*") target.find("app-1").revision = 1;
    await answer.body?.cancel();
  }
});

Deno.test("DELETE removes an app by its name or by its exact host, after the drain", async () => {
  const { target, send } = apiBench();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  target.operations.drainGate = gate;
  const removal = send("DELETE", "/admin/apps/app-1");
  const early = await Promise.race([
    removal.then(() => "answered"),
    new Promise((done) => queueMicrotask(() => done("waits"))),
  ]);
  assertEquals(early, "waits");
  open();
  assertEquals(await (await removal).json(), { name: "app-1", drained_requests: 2, forced_closed: 0 });
  assertEquals(await refusal(await send("DELETE", "/admin/apps/app-1")), [404, "NOT_FOUND"]);

  const byHost = await send("DELETE", "/admin/apps?hostname=APP-2.localhost.");
  assertEquals([byHost.status, (await byHost.json()).name], [200, "app-2"]);
  assertEquals(await refusal(await send("DELETE", "/admin/apps?hostname=2.localhost")), [404, "NOT_FOUND"]);
  assertEquals(await refusal(await send("DELETE", "/admin/apps?hostname=")), [400, "USAGE"]);
  assertEquals(await refusal(await send("DELETE", "/admin/apps")), [400, "USAGE"]);
  assertEquals([...target.memory.keys()], ["app-3"]);
});

Deno.test("an app is drained, restarted and reset, and a job is run", async () => {
  const { target, send } = apiBench();
  const drained = await (await send("POST", "/admin/apps/app-1/drain")).json();
  assertEquals(drained, { name: "app-1", drained_requests: 2, forced_closed: 0 });
  assertEquals(target.find("app-1").snapshot.state, "stopped");
  assertEquals((await (await send("POST", "/admin/apps/app-1/restart")).json()).state, "running");
  assertEquals((await (await send("POST", "/admin/apps/app-1/reset")).json()).origin.overrides, null);

  target.find("app-1").config = {
    ...target.find("app-1").config,
    crons: [{ name: "*/5 * * * *", schedule: "*/5 * * * *" }],
  };
  target.operations.cronOk = false;
  const path = `/admin/apps/app-1/crons/${encodeURIComponent("*/5 * * * *")}/run`;
  assertEquals(await (await send("POST", path)).json(), { name: "app-1", cron: "*/5 * * * *", ok: false });
  assertEquals(await refusal(await send("POST", "/admin/apps/app-1/crons/none/run")), [404, "NOT_FOUND"]);
  for (const what of ["drain", "restart", "reset"]) {
    assertEquals(await refusal(await send("POST", `/admin/apps/nobody/${what}`)), [404, "NOT_FOUND"], what);
  }
  assertEquals(new Set(target.operations.entries.map(({ actor }) => actor)), new Set([`api ${PEER}`]));
});
