/** The apps by the admin API of the real process, as CONTRACT.md has it: added, changed, drained, restarted, removed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { AdminScene, saying } from "./admin_scene.ts";

/** What an app's view must hold; of the contract, without what is told beyond it. */
const VIEW_KEYS = [
  "name",
  "state",
  "hostnames",
  "version",
  "limits",
  "uptime_seconds",
  "restarts",
  "last_exit",
  "in_flight",
  "queued",
  "requests",
  "errors",
  "latency",
  "heap_bytes",
  "external_bytes",
  "cpu_seconds",
];

Deno.test("apps are shown, added, changed, drained, restarted and removed while NANO serves", async (test) => {
  await using scene = await AdminScene.create({
    first: { files: saying("first"), config: { hostname: "first.test" } },
  });

  await test.step("every request wants the token; /livez and /readyz do not", async () => {
    for (const path of ["/livez", "/readyz"]) assertEquals((await scene.ask("GET", path, { token: null })).status, 200);
    for (
      const path of [
        "/metrics",
        "/admin/health",
        "/admin/apps",
        "/admin/config",
        "/admin/events",
        "/admin/openapi.json",
      ]
    ) {
      assertEquals(await scene.refusal("GET", path, { token: null }), [401, "UNAUTHORIZED"], path);
      assertEquals(await scene.refusal("GET", path, { token: "wrong" }), [401, "UNAUTHORIZED"], path);
    }
    const bare = await scene.ask("GET", "/admin/apps", { token: null });
    assertMatch(bare.headers.get("www-authenticate")!, /^Bearer/);
    const health = await scene.ask("GET", "/admin/health");
    assertEquals([health.status, health.json.status], [200, "ready"]);
  });

  await test.step("GET shows each app with its figures", async () => {
    assertEquals(await scene.text("first.test"), "first -");
    assertEquals(await scene.text("first.test", "/throw?text=no"), "500 APP_EXCEPTION");
    const { status, json } = await scene.ask("GET", "/admin/apps");
    assertEquals([status, json.total, json.apps.length], [200, 1, 1]);
    const [app] = json.apps;
    for (const key of VIEW_KEYS) assert(key in app, key);
    assertEquals([app.name, app.state, app.hostnames], ["first", "running", ["first.test"]]);
    assertEquals([app.requests, app.errors, app.in_flight, app.queued], [2, 1, 0, 0]);
    assertEquals([app.limits.memory_mb, app.limits.timeout_ms], [128, 30_000]);
    assert(app.latency.p50_seconds > 0 && app.latency.p99_seconds >= app.latency.p50_seconds);
    const one = await scene.ask("GET", "/admin/apps/first");
    assertEquals([one.status, one.json.name, one.json.requests_by_status], [200, "first", { "200": 1, "500": 1 }]);
    assertEquals(one.headers.get("etag"), one.json.tag);
    assertEquals(await scene.refusal("GET", "/admin/apps/nobody"), [404, "NOT_FOUND"]);
    assertEquals((await scene.ask("GET", "/admin/apps?q=FIRST&state=running&limit=1")).json.total, 1);
    assertEquals((await scene.ask("GET", "/admin/apps?state=failed")).json.apps, []);
    assertEquals(await scene.refusal("GET", "/admin/apps?state=nonsense"), [400, "USAGE"]);
  });

  await test.step("POST adds an app of which only host and path are told", async () => {
    const added = await scene.ask("POST", "/admin/apps", { json: { hostname: "More.Test.", path: "./more" } });
    assertEquals([added.status, added.json.name, added.json.hostnames], [201, "more", ["more.test"]]);
    assertEquals(added.headers.get("location"), "/admin/apps/more");
    assertEquals(await scene.text("more.test"), "more -");
    const entry = {
      name: "named",
      hostname: ["a.named.test", "*.named.test"],
      path: `${scene.project.dir}/more`,
      env: { MODE: "env" },
    };
    assertEquals((await scene.ask("POST", "/admin/apps", { json: { ...entry, memory_mb: 64 } })).status, 201);
    assertEquals([await scene.text("a.named.test"), await scene.text("b.c.named.test")], ["more env", "more env"]);
    assertEquals((await scene.ask("GET", "/admin/apps/named")).json.limits.memory_mb, 64);
  });

  await test.step("POST refuses what is taken with 409 and what is wrong with 400, and adds nothing", async () => {
    const taken = [
      { hostname: "more.test", path: "./more" },
      { hostname: "MORE.TEST:80", path: "./more" },
      { name: "other", hostname: ["new.test", "first.test"], path: "./more" },
      { name: "first", hostname: "new.test", path: "./more" },
      { name: "more", hostname: "new.test", path: "./more" },
      { hostname: "new.test", path: "./more", port: scene.nano.port },
      { hostname: "new.test", path: "./more", port: Number(new URL(scene.adminUrl).port) },
    ];
    for (const json of taken) {
      const answer = await scene.refusal("POST", "/admin/apps", { json });
      assertEquals(answer, [409, "CONFLICT"], JSON.stringify(json));
    }
    await scene.project.writeFile("broken", "index.js", "throw new Error('at the top');");
    const wrong = [
      {},
      { hostname: "new.test" },
      { path: "./more" },
      { name: "new", path: "./more" },
      { hostname: "new.test", path: "./nowhere" },
      { hostname: "new.test", path: "./apps/broken" },
      { hostname: "new.test", path: "./more", colour: "red" },
      { hostname: "new.test", path: "./more", memory_mb: "64" },
      { hostname: "new.test", path: "./more", env: { "A B": "x" } },
      { hostname: "new.test", path: "./more", env: { A: { from_env: "NOT_SET_ANYWHERE" } } },
      { hostname: "two words", path: "./more" },
      { name: "Not_A_Name", hostname: "new.test", path: "./more" },
    ];
    for (const json of wrong) {
      const [status, code] = await scene.refusal("POST", "/admin/apps", { json });
      assertEquals([status, code], [400, "CONFIG_INVALID"], JSON.stringify(json));
    }
    const all = await scene.ask("POST", "/admin/apps", { json: { hostname: "two words", memory_mb: -1, colour: 1 } });
    assertEquals(all.json.errors.length, 4, all.text);
    assertEquals(await scene.refusal("POST", "/admin/apps", { body: "{" }), [400, "BAD_REQUEST"]);
    assertEquals((await scene.ask("GET", "/admin/apps")).json.total, 3);
    assertEquals(await scene.text("new.test"), "404 APP_NOT_FOUND");
  });

  await test.step("PATCH changes env, limits and hosts as a reload does", async () => {
    const patch = (json: unknown, headers = {}) => scene.ask("PATCH", "/admin/apps/first", { json, headers });
    const changed = await patch({ env: { MODE: "two" }, timeout_ms: 5000, hostname: ["first.test", "again.test"] });
    assertEquals([changed.status, changed.json.env, changed.json.limits.timeout_ms], [200, { MODE: "two" }, 5000]);
    assertEquals([await scene.text("first.test"), await scene.text("again.test")], ["first two", "first two"]);
    assertEquals((await patch({ env: { MODE: null } })).json.env, {});
    assertEquals(await scene.text("first.test"), "first -");
    assertEquals((await patch({ env: { MODE: "late" } }, { "if-match": changed.json.tag })).status, 412);
    assertEquals((await patch({ env: { MODE: "last" } }, { "if-match": "*" })).status, 200);
    assertEquals(await scene.refusal("PATCH", "/admin/apps/first", { json: { memory_mb: 0 } }), [
      400,
      "CONFIG_INVALID",
    ]);
    assertEquals(await scene.refusal("PATCH", "/admin/apps/first", { json: { hostname: "more.test" } }), [
      409,
      "CONFLICT",
    ]);
    assertEquals(await scene.refusal("PATCH", "/admin/apps/nobody", { json: {} }), [404, "NOT_FOUND"]);
    assertEquals(await scene.text("first.test"), "first last");
  });

  await test.step("changes are kept when the process ends, however it ends", async () => {
    for (const how of ["SIGTERM", "SIGKILL"] as const) {
      await scene.restart(how);
      assertEquals([await scene.text("more.test"), await scene.text("b.named.test")], ["more -", "more env"], how);
      assertEquals(await scene.text("again.test"), "first last", how);
    }
  });

  await test.step("drain takes an app out of service, restart brings it back", async () => {
    const drained = await scene.ask("POST", "/admin/apps/first/drain");
    assertEquals([drained.status, drained.json], [200, { name: "first", drained_requests: 0, forced_closed: 0 }]);
    const refused = await scene.nano.fetch("first.test");
    assertEquals([refused.status, (await refused.json()).code], [503, "APP_DRAINING"]);
    assert(Number(refused.headers.get("retry-after")) > 0);
    assertEquals((await scene.ask("POST", "/admin/apps/first/drain")).status, 200, "once more");
    const restarted = await scene.ask("POST", "/admin/apps/first/restart");
    assertEquals([restarted.status, restarted.json.state], [200, "running"]);
    assertEquals(await scene.text("first.test"), "first last");
    for (const verb of ["restart", "drain", "reset"]) {
      assertEquals(await scene.refusal("POST", `/admin/apps/nobody/${verb}`), [404, "NOT_FOUND"]);
    }
    const reset = await scene.ask("POST", "/admin/apps/first/reset");
    assertEquals([reset.status, reset.json.env, reset.json.hostnames], [200, {}, ["first.test"]]);
    assertEquals(await scene.refusal("POST", "/admin/apps/more/reset"), [409, "CONFLICT"]);
  });

  await test.step("DELETE answers after the drain; meanwhile the host says 503, then 404", async () => {
    for (
      const [target, host] of [["/admin/apps/named", "a.named.test"], ["/admin/apps?hostname=MORE.test", "more.test"]]
    ) {
      const held = await scene.hold(host!);
      const from = scene.nano.events.length;
      let isAnswered = false;
      const removed = scene.ask("DELETE", target!).finally(() => isAnswered = true);
      await scene.nano.waitForEvent(({ event }) => event === "app_drain_start", undefined, from);
      assertEquals(await scene.text(host!), "503 APP_DRAINING");
      assertEquals(isAnswered, false, "it answers after the drain");
      assertEquals((await held.finish()).status, 200);
      const { status, json } = await removed;
      assertEquals([status, json.drained_requests, json.forced_closed], [200, 1, 0]);
      assertEquals(await scene.text(host!), "404 APP_NOT_FOUND");
    }
    assertEquals(await scene.refusal("DELETE", "/admin/apps/named"), [404, "NOT_FOUND"]);
    assertEquals(await scene.refusal("DELETE", "/admin/apps?hostname=more.test"), [404, "NOT_FOUND"]);
    assertEquals(await scene.refusal("DELETE", "/admin/apps"), [400, "USAGE"]);
  });
});
