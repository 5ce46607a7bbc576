/** Changes that collide: whatever was acknowledged is what is, now and after a kill. */
import { assert, assertEquals } from "@std/assert";
import { AdminScene, saying, zipOf } from "./admin_scene.ts";

Deno.test("of a hundred changes at once each is done or refused, and the end is what was acknowledged", async (test) => {
  await using scene = await AdminScene.create({ app: saying("app") });
  const many = <T>(count: number, work: (at: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_none, at) => work(at)));
  const entry = (at: number) => ({
    name: `race-${at}`,
    hostname: "race.test",
    path: "./more",
    env: { MODE: String(at) },
  });

  await test.step("one of many apps gets the host, one of many hosts gets the name", async () => {
    const byHost = await many(30, (at) => scene.ask("POST", "/admin/apps", { json: entry(at) }));
    assertEquals(byHost.map(({ status }) => status).sort(), [201, ...Array(29).fill(409)]);
    const winner = byHost.find(({ status }) => status === 201)!.json;
    assertEquals(await scene.text("race.test"), `more ${winner.env.MODE}`);
    const byName = await many(
      30,
      (at) => scene.ask("POST", "/admin/apps", { json: { ...entry(at), name: "same", hostname: `same-${at}.test` } }),
    );
    assertEquals(byName.map(({ status }) => status).sort(), [201, ...Array(29).fill(409)]);
    assertEquals((await scene.ask("GET", "/admin/apps")).json.total, 3);
    const removed = await many(10, () => scene.ask("DELETE", "/admin/apps/same"));
    assertEquals(removed.map(({ status }) => status).sort(), [200, ...Array(9).fill(404)]);
    assertEquals((await scene.ask("DELETE", "/admin/apps?hostname=race.test")).status, 200);
  });

  await test.step("of changes with the same If-Match one is done", async () => {
    const { tag } = (await scene.ask("GET", "/admin/apps/app")).json;
    const changes = await many(
      20,
      (at) =>
        scene.ask("PATCH", "/admin/apps/app", { json: { env: { MODE: `m${at}` } }, headers: { "if-match": tag } }),
    );
    assertEquals(changes.map(({ status }) => status).sort(), [200, ...Array(19).fill(412)]);
    const done = changes.findIndex(({ status }) => status === 200);
    assertEquals(await scene.text("app"), `app m${done}`);
  });

  await test.step("changes, restarts, deploys, rollbacks and removals of one name leave it whole", async () => {
    const archive = zipOf(saying("version"));
    const mixed = await many(100, async (at) => {
      const [method, path, ask] = ([
        ["POST", "/admin/apps", { json: { name: "mixed", hostname: "mixed.test", path: "./more" } }],
        ["PATCH", "/admin/apps/mixed", { json: { env: { MODE: `p${at}` } } }],
        ["POST", "/admin/apps/mixed/versions", { body: archive }],
        ["POST", "/admin/apps/mixed/restart", {}],
        ["DELETE", "/admin/apps/mixed", {}],
        ["PATCH", "/admin/apps/mixed", { json: { timeout_ms: 1000 + at } }],
        ["POST", "/admin/apps/mixed/rollback", {}],
        ["POST", "/admin/apps/mixed/drain", {}],
        ["POST", "/admin/reload", {}],
        ["POST", "/admin/apps", { json: { name: "mixed", hostname: "mixed.test", path: "./more" } }],
      ] as const)[at % 10]!;
      const { status, text } = await scene.ask(method, path, ask);
      assert([200, 201, 404, 409, 503].includes(status), `${method} ${path}: ${status} ${text}`);
      return status;
    });
    assert(mixed.filter((status) => status < 300).length >= 12, String(mixed));
    const isThere = (await scene.ask("GET", "/admin/apps/mixed")).status === 200;
    if (!isThere) {
      const json = { name: "mixed", hostname: "mixed.test", path: "./more" };
      assertEquals((await scene.ask("POST", "/admin/apps", { json })).status, 201);
    }
    const last = await scene.ask("PATCH", "/admin/apps/mixed", { json: { env: { MODE: "last" } } });
    assertEquals(last.status, 200);
    assertEquals((await scene.ask("POST", "/admin/apps/mixed/restart")).status, 200);
    const { version, env, limits, hostnames } = (await scene.ask("GET", "/admin/apps/mixed")).json;
    const text = await scene.text("mixed.test");
    assert(text === "more last" || text === "version last", text);
    await scene.restart("SIGKILL");
    const after = (await scene.ask("GET", "/admin/apps/mixed")).json;
    assertEquals([after.version, after.env, after.limits, after.hostnames], [version, env, limits, hostnames]);
    assertEquals(await scene.text("mixed.test"), text);
  });
});
