/** Versions, reloads, configuration, metrics and the dashboard of the real process, as CONTRACT.md has them. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { rawTarGz } from "../../support/raw_tar.ts";
import { AdminScene, saying, zipOf } from "./admin_scene.ts";

Deno.test("versions are deployed and rolled back, nano.json is reloaded, all is shown", async (test) => {
  await using scene = await AdminScene.create({ app: saying("path"), other: saying("other") });

  await test.step("POST versions takes a zip or a tar.gz under any type that a client sends", async () => {
    const tarGz = rawTarGz([{ name: "./index.js", content: saying("tar") }]);
    const uploads: [Uint8Array<ArrayBuffer>, string | null, string][] = [
      [zipOf(saying("zip")), null, "zip -"],
      [tarGz, null, "tar -"],
      [zipOf(saying("zip 2")), "application/zip", "zip 2 -"],
      [tarGz, "application/gzip", "tar -"],
      [zipOf(saying("zip 3")), "application/x-www-form-urlencoded", "zip 3 -"],
      [tarGz, "application/octet-stream", "tar -"],
      [
        zipOf({ "dist/x.txt": "x", "index.ts": "export default { fetch: (): Response => new Response('ts') };" }),
        null,
        "ts",
      ],
    ];
    for (const [at, [body, type, expected]] of uploads.entries()) {
      const headers: Record<string, string> = type === null ? {} : { "content-type": type };
      const { status, json, text } = await scene.ask("POST", "/admin/apps/app/versions", { body, headers });
      assertEquals([status, json?.version], [201, `v${at + 1}`], `${type}: ${text}`);
      assertEquals(await scene.text("app"), expected);
    }
    const { status, json } = await scene.ask("GET", "/admin/apps/app/versions");
    assertEquals(status, 200);
    assertEquals(json.versions.map((one: { version: string }) => one.version), [
      "v7",
      "v6",
      "v5",
      "v4",
      "v3",
      "v2",
      "v1",
    ]);
    assertEquals(json.versions[0].role, "active");
  });

  await test.step("POST versions refuses what cannot serve; what served goes on", async () => {
    const refused: [string, Uint8Array<ArrayBuffer> | string, number][] = [
      ["app", zipOf("throw new Error('at the top');"), 400],
      ["app", zipOf("export default {"), 400],
      ["app", zipOf("export const nothing = 1;"), 400],
      ["app", zipOf({ "readme.md": "no entry" }), 400],
      ["app", "no archive", 400],
      ["nobody", zipOf(saying("x")), 404],
    ];
    for (const [name, body, status] of refused) {
      const headers = { "content-type": "application/octet-stream" };
      const answer = await scene.refusal("POST", `/admin/apps/${name}/versions`, { body, headers });
      assertEquals(answer[0], status, `${name}: ${answer}`);
    }
    assertEquals(await scene.text("app"), "ts");
    assertEquals((await scene.ask("GET", "/admin/apps/app/versions")).json.versions.length, 7);
    assertEquals(await scene.refusal("GET", "/admin/apps/nobody/versions"), [404, "NOT_FOUND"]);
  });

  await test.step("POST rollback goes to the version before, or to the one that is named", async () => {
    const rollback = "/admin/apps/app/rollback";
    assertEquals((await scene.ask("POST", rollback)).json, { app: "app", version: "v6" });
    assertEquals(await scene.text("app"), "tar -");
    assertEquals((await scene.ask("POST", rollback, { headers: { "content-type": "application/json" } })).status, 200);
    assertEquals((await scene.ask("POST", rollback, { json: { version: "v1" } })).json.version, "v1");
    assertEquals(await scene.text("app"), "zip -");
    assertEquals((await scene.ask("POST", rollback, { body: '{"version":"v5"}' })).status, 200);
    assertEquals(await scene.refusal("POST", rollback, { json: { version: "v5" } }), [409, "CONFLICT"]);
    assertEquals(await scene.refusal("POST", rollback, { json: { version: "v99" } }), [404, "NOT_FOUND"]);
    assertEquals(await scene.refusal("POST", rollback, { json: { version: 1 } }), [400, "USAGE"]);
    assertEquals(await scene.refusal("POST", rollback, { body: "{" }), [400, "BAD_REQUEST"]);
    assertEquals(await scene.refusal("POST", "/admin/apps/other/rollback"), [409, "CONFLICT"]);
    assertEquals(await scene.refusal("POST", "/admin/apps/nobody/rollback"), [404, "NOT_FOUND"]);
    await scene.restart("SIGKILL");
    assertEquals(await scene.text("app"), "zip 3 -");
    assertEquals((await scene.ask("POST", rollback, { json: { version: "path" } })).status, 200);
    assertEquals(await scene.text("app"), "path -");
  });

  await test.step("a version gets a part of the requests, then all, and may be removed when it serves none", async () => {
    const rollout = (json: unknown) => scene.ask("POST", "/admin/apps/app/rollout", { json });
    const half = await rollout({ version: "v1", percent: 50 });
    assertEquals([half.status, half.json.origin.rollout], [200, { version: "v1", percent: 50 }]);
    assertEquals((await scene.refusal("DELETE", "/admin/apps/app/versions/v1"))[0], 409);
    assertEquals((await rollout({ version: "v1", percent: 100 })).json.origin.deployed, "v1");
    assertEquals(await scene.text("app"), "zip -");
    assertEquals((await scene.ask("DELETE", "/admin/apps/app/versions/v2")).json, { app: "app", version: "v2" });
    assertEquals((await scene.refusal("DELETE", "/admin/apps/app/versions/v2"))[0], 404);
    assertEquals((await rollout({ version: "v1", percent: 101 })).status, 400);
    const preview = await scene.ask("POST", "/admin/apps/app/versions?preview=1&suffix=test", {
      body: zipOf(saying("new")),
    });
    const { version, role, preview_host } = preview.json;
    assertEquals([preview.status, role, preview_host], [201, "preview", `${version}--app.test`]);
    assertEquals([await scene.text(preview_host), await scene.text("app")], ["new -", "zip -"]);
    assertEquals((await scene.ask("DELETE", `/admin/apps/app/versions/${version}`)).status, 200);
  });

  await test.step("POST reload tells four lists, or every mistake and changes nothing", async () => {
    const { project } = scene;
    await project.writeRawConfig(
      (await Deno.readTextFile(project.configFile)).replace('"name": "other",', '"name": "late",'),
    );
    const dry = await scene.ask("POST", "/admin/reload?dry_run=1");
    assertEquals(dry.json, { added: ["late"], removed: ["other"], changed: [], unchanged: ["app"] });
    // The watcher may be faster; then there is nothing left to do.
    const reloaded = await scene.ask("POST", "/admin/reload");
    assertEquals(Object.keys(reloaded.json).sort(), ["added", "changed", "removed", "unchanged"]);
    assertEquals([reloaded.status, await scene.text("late")], [200, "other -"]);
    assertMatch(await scene.text("other"), /404 APP_NOT_FOUND|503 APP_DRAINING/);
    const broken = { port: "none", apps: [{ name: "app", path: "./nowhere" }, { name: "A", path: "./more", nam: 1 }] };
    await project.writeRawConfig(JSON.stringify(broken));
    const refused = await scene.ask("POST", "/admin/reload");
    assertEquals([refused.status, refused.json.code], [400, "CONFIG_INVALID"]);
    for (const place of ["port", "apps[1].name", "apps[1].nam "]) {
      assert(refused.json.errors.some((text: string) => text.startsWith(place)), `${place}: ${refused.json.errors}`);
    }
    await project.writeRawConfig("{ no json");
    assertEquals(await scene.refusal("POST", "/admin/reload"), [400, "CONFIG_INVALID"]);
    assertEquals([await scene.text("app"), await scene.text("late")], ["zip -", "other -"]);
    await project.writeConfig();
    assertEquals((await scene.ask("POST", "/admin/reload")).status, 200);
  });

  await test.step("the configuration, the history and the description of all requests are shown", async () => {
    const config = await scene.ask("GET", "/admin/config");
    assertEquals([config.status, config.json.drain_timeout_ms, config.json.log], [200, 30_000, {
      level: "info",
      format: "json",
    }]);
    const history = await scene.ask("GET", "/admin/history?app=app&limit=2");
    assertEquals([history.status, history.json.entries.length], [200, 2]);
    assertEquals(history.json.entries[0].action, "version.remove");
    assertEquals(await scene.refusal("GET", "/admin/history?limit=0"), [400, "USAGE"]);
    const openApi = await scene.ask("GET", "/admin/openapi.json");
    assertMatch(openApi.json.openapi, /^3\.1/);
    for (const path of ["/admin/apps", "/admin/apps/{name}/versions", "/admin/reload", "/livez", "/metrics"]) {
      assert(path in openApi.json.paths, path);
    }
    assertEquals(await scene.refusal("GET", "/admin/nothing"), [404, "NOT_FOUND"]);
    assertEquals(await scene.refusal("PUT", "/admin/apps"), [405, "METHOD_NOT_ALLOWED"]);
  });

  await test.step("GET /metrics holds the figures of the apps that there are, and of no host that nobody claims", async () => {
    await scene.text("nobody-claims-this.test");
    await scene.text("app", "/throw?text=x");
    const { headers, text } = await scene.ask("GET", "/metrics");
    assertMatch(headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
    const names = [
      "requests_total",
      "request_duration_seconds_bucket",
      "requests_in_flight",
      "queue_length",
      "app_state",
      "isolate_start_seconds",
      "isolate_heap_bytes",
      "isolate_external_bytes",
      "isolate_cpu_seconds_total",
    ];
    for (const name of names) {
      assertMatch(text, new RegExp(`^nano_${name}\\{[^}]*app="app"[^}]*\\} [\\d.e+-]+$`, "m"), name);
    }
    assertMatch(text, /^nano_requests_total\{app="app",method="GET",status="500",end="app_failed"\} 1$/m);
    assertMatch(text, /^nano_app_state\{app="app",state="running"\} 1$/m);
    assertMatch(text, /^# TYPE nano_isolate_restarts_total counter$/m);
    assertMatch(text, /^nano_config_last_reload_successful 1$/m);
    assertMatch(text, /^nano_config_last_reload_timestamp_seconds \d{10}/m);
    assertMatch(text, /^nano_uptime_seconds [\d.]+$/m);
    assertMatch(text, /^process_resident_memory_bytes \d+$/m);
    assert(!text.includes("nobody-claims"));
    await scene.ask("POST", "/admin/apps", { json: { name: "gone", hostname: "gone.test", path: "./more" } });
    await scene.text("gone.test");
    assertMatch((await scene.ask("GET", "/metrics")).text, /app="gone"/);
    await scene.ask("DELETE", "/admin/apps/gone");
    assert(!(await scene.ask("GET", "/metrics")).text.includes('app="gone"'), "a removed app leaves no figures");
  });

  await test.step("GET / is the dashboard with the token, and leads a browser without it to the login", async () => {
    const page = await scene.ask("GET", "/", { headers: { accept: "text/html" } });
    assertEquals(page.status, 200);
    assertMatch(page.headers.get("content-type")!, /^text\/html/);
    assertMatch(page.headers.get("content-security-policy")!, /default-src/);
    const bare = await scene.ask("GET", "/", { headers: { accept: "text/html,*/*" }, token: null });
    assertEquals([bare.status, bare.headers.get("location")], [303, "/login?next=%2F"]);
    assertEquals((await scene.ask("GET", "/login", { token: null })).status, 200);
  });
});
