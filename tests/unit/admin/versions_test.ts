/** The routes of the versions. */
import { assertEquals, assertMatch } from "@std/assert";
import { apiBench, PEER, problem, refusal } from "./api_bench.ts";

const ZIP = new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 0, 0]);
const PATH = "/admin/apps/app-1/versions";

function bench() {
  const made = apiBench();
  const deploy = (path: string, init: { type?: string; body?: BodyInit | null } = {}) =>
    made.ask(path, {
      method: "POST",
      body: init.body === undefined ? ZIP : init.body,
      headers: { "content-type": init.type ?? "application/zip" },
    });
  return { ...made, deploy };
}

Deno.test("POST versions hands the archive on and answers with the version", async () => {
  const { target, deploy } = bench();
  const types = ["application/zip", "application/gzip", "application/x-gzip", "application/x-tar+gzip"];
  for (const [index, type] of [...types, "application/octet-stream"].entries()) {
    const response = await deploy(`${PATH}?note=hello%20there`, { type });
    assertEquals(response.status, 201, type);
    const view = await response.json();
    assertEquals([view.version, view.role, view.note, view.actor], [
      `v${index + 1}`,
      "active",
      "hello there",
      `api ${PEER}`,
    ]);
    assertMatch(view.created_at, /^\d{4}-.*Z$/);
    assertEquals(target.operations.archiveBytes, ZIP.byteLength);
  }
  const { app, versions } = await (await bench().ask("/admin/apps/app-3/versions")).json();
  assertEquals([app, versions.map(({ version }: { version: string }) => version)], ["app-3", ["v2", "v1"]]);
});

Deno.test("POST versions streams: an archive longer than any JSON body arrives whole", async () => {
  const { target, deploy } = bench();
  let sent = 0;
  const chunk = new Uint8Array(64 * 1024);
  chunk.set(ZIP);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(chunk.slice());
      if (++sent === 64) controller.close();
    },
  });
  const response = await deploy(PATH, { body });
  assertEquals(response.status, 201);
  await response.body?.cancel();
  assertEquals(target.operations.archiveBytes, 64 * chunk.byteLength);
});

Deno.test("POST versions says where the version goes: to all, to a part, to a preview, to a new app", async () => {
  const { target, deploy } = bench();
  const part = await (await deploy(`${PATH}?percent=10`)).json();
  assertEquals(part.role, "rollout");
  assertEquals(target.find("app-1").origin.rollout, { version: part.version, percent: 10 });
  const preview = await (await deploy(`${PATH}?preview=1&suffix=preview.example.com`)).json();
  assertEquals([preview.role, preview.preview_host], ["preview", `${preview.version}--app-1.preview.example.com`]);
  const own = await (await deploy(`${PATH}?preview=true`)).json();
  assertEquals(own.preview_host, `${own.version}--app-1.app-1.localhost`);

  const fresh = await deploy("/admin/apps/fresh/versions?create=1&hostname=a.example.com&hostname=b.example.com");
  assertEquals(fresh.status, 201);
  await fresh.body?.cancel();
  assertEquals(target.find("fresh").config.hostnames, ["a.example.com", "b.example.com"]);
  const plain = await deploy("/admin/apps/plain/versions?create=1");
  assertEquals(plain.status, 201);
  await plain.body?.cancel();
  assertEquals(target.find("plain").config.hostnames, ["plain"]);
});

Deno.test("POST versions refuses what is no archive, what contradicts itself, and an unknown app", async () => {
  const { deploy, target } = bench();
  const cases = [
    [await deploy("/admin/apps/nobody/versions"), 404, "NOT_FOUND"],
    [await deploy(PATH, { body: "hello" }), 400, "USAGE"],
    [await deploy(PATH, { body: null }), 400, "USAGE"],
    [await deploy(PATH, { type: "text/plain" }), 415, "UNSUPPORTED_MEDIA_TYPE"],
    [await deploy(`${PATH}?percent=0`), 400, "USAGE"],
    [await deploy(`${PATH}?percent=ten`), 400, "USAGE"],
    [await deploy(`${PATH}?percent=10&preview=1`), 400, "USAGE"],
    [await deploy(`${PATH}?suffix=x.example.com`), 400, "USAGE"],
    [await deploy(`${PATH}?create=yes`), 400, "USAGE"],
    [await deploy(`${PATH}?note=${"x".repeat(501)}`), 400, "USAGE"],
  ] as const;
  for (const [response, status, code] of cases) assertEquals(await refusal(response), [status, code]);
  assertEquals(target.find("app-1").versions, []);
});

Deno.test("a version is rolled out, rolled back and deleted", async () => {
  const { target, send } = bench();
  const rollout = (body: unknown) => send("POST", "/admin/apps/app-3/rollout", body);
  const view = await (await rollout({ version: "v1", percent: 25 })).json();
  assertEquals(view.origin.rollout, { version: "v1", percent: 25 });
  const refused = await problem(await rollout({ version: "v1", percent: 101, more: 1 }));
  assertEquals([refused.status, refused.code], [400, "USAGE"]);
  assertEquals(refused.errors, ["percent is 101: expected a whole number from 0 to 100", "more is no known key"]);
  assertEquals(await refusal(await rollout({ version: "v9", percent: 1 })), [404, "NOT_FOUND"]);

  const back = await (await send("POST", "/admin/apps/app-3/rollback")).json();
  assertEquals(back, { app: "app-3", version: "v1" });
  assertEquals(target.find("app-3").origin.rollout, null);
  const named = await (await send("POST", "/admin/apps/app-3/rollback", { version: "path" })).json();
  assertEquals([named.version, target.find("app-3").origin.deployed], ["path", null]);
  assertEquals(await refusal(await send("POST", "/admin/apps/app-1/rollback", {})), [409, "CONFLICT"]);
  assertEquals(await refusal(await send("POST", "/admin/apps/app-3/rollback", { version: 3 })), [400, "USAGE"]);

  await (await send("POST", "/admin/apps/app-3/rollback", { version: "v2" })).body?.cancel();
  assertEquals(await refusal(await send("DELETE", "/admin/apps/app-3/versions/v2")), [409, "CONFLICT"]);
  const gone = await (await send("DELETE", "/admin/apps/app-3/versions/v1")).json();
  assertEquals(gone, { app: "app-3", version: "v1" });
  assertEquals(await refusal(await send("DELETE", "/admin/apps/app-3/versions/v1")), [404, "NOT_FOUND"]);
  assertEquals(await refusal(await send("GET", "/admin/apps/nobody/versions")), [404, "NOT_FOUND"]);
});
