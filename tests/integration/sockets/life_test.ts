/** WebSockets through the life of an app: slow ends, a dying isolate, reload, shutdown. */
import { assert, assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { growthDuring } from "../door/process_memory.ts";
import { ADMIN, adminReload } from "../life/admin_client.ts";
import { until } from "../life/until.ts";
import { FRAME, FrameClient } from "./frame_client.ts";
import { SOCKET_APP } from "./socket_app.ts";

const MB = 1024 * 1024;
/** The bound of 16 MiB on each side of the wall, once more in Deno's queue and the kernel's, and garbage of all. */
const GROWTH_LIMIT = 160 * MB;

function open(nano: NanoProcess, path: string): Promise<FrameClient> {
  return FrameClient.open({ port: nano.port, host: "app", path });
}

async function fate(nano: NanoProcess, id: string): Promise<unknown[]> {
  return await (await nano.fetch("app", `/fate?id=${id}`)).json();
}

function closeOf(nano: NanoProcess, id: string): Promise<{ code: number; reason: string }> {
  const find = (all: unknown[]) => all.find((one) => typeof one === "object") as { code: number; reason: string };
  return until(async () => find(await fate(nano, id)), "the app's close event");
}

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<[TempProject, NanoProcess]> {
  const project = await TempProject.create(
    { app: { files: SOCKET_APP, config: { memory_mb: 64, external_mb: 256 } } },
    {
      admin: ADMIN,
      ...config,
    },
  );
  return [project, await NanoProcess.start(project.configFile)];
}

Deno.test("A WebSocket's slow end costs bounded memory and is closed", async (t) => {
  const [project, nano] = await start();
  await using _project = project;
  await using _nano = nano;

  for (const style of ["deno", "pair"]) {
    await t.step(`${style}: a client that never reads, while the app sends without looking`, async () => {
      const id = crypto.randomUUID();
      using client = await open(nano, `/${style}?do=flood&id=${id}`);
      let told: unknown;
      const growth = await growthDuring(nano.pid, async () => {
        await client.send(FRAME.TEXT, "go");
        told = await closeOf(nano, id);
      });
      console.log(`${style}, client never reads: process grew by ${(growth / MB).toFixed(1)} MB, told`, told);
      assert(growth < GROWTH_LIMIT, `grew by ${growth / MB} MB`);
    });
  }
  await t.step("an app that never takes its messages: 4013 at 16 MiB", async () => {
    using client = await open(nano, "/pair?unaccepted");
    const chunk = new Uint8Array(MB);
    const growth = await growthDuring(nano.pid, async () => {
      // One more would meet the close frame on its way, upon which Deno drops the connection.
      for (let sent = 0; sent < 17; sent++) await client.send(FRAME.BINARY, chunk);
      const { code, reason } = await client.readClose();
      assertEquals([code, reason], [4013, "The app takes messages too slowly"]);
    });
    console.log(`app never takes: process grew by ${(growth / MB).toFixed(1)} MB`);
    assert(growth < GROWTH_LIMIT, `grew by ${growth / MB} MB`);
  });
  await t.step("an app that never takes its messages: whoever sends on regardless is cut off", async () => {
    using client = await open(nano, "/pair?unaccepted");
    const chunk = new Uint8Array(MB);
    let sent = 0;
    const growth = await growthDuring(nano.pid, async () => {
      for (; sent < 100; sent++) if (await client.send(FRAME.BINARY, chunk).then(() => false, () => true)) break;
    });
    console.log(`app never takes: cut after ${sent} MB, process grew by ${(growth / MB).toFixed(1)} MB`);
    assert(sent < 60, `${sent} MB could be sent`);
    assert(growth < GROWTH_LIMIT, `grew by ${growth / MB} MB`);
  });
  await t.step("100 MB in bursts of 8 MB, each answered, keep the connection", async () => {
    using client = await open(nano, "/deno?do=types&binary=arraybuffer");
    const chunk = new Uint8Array(MB);
    const growth = await growthDuring(nano.pid, async () => {
      for (let burst = 0; burst < 13; burst++) {
        for (let at = 0; at < 8; at++) await client.send(FRAME.BINARY, chunk);
        for (let at = 0; at < 8; at++) assertEquals(JSON.parse(await client.readText()), ["ArrayBuffer", MB]);
      }
    });
    console.log(`104 MB of messages up: process grew by ${(growth / MB).toFixed(1)} MB`);
    assert(growth < GROWTH_LIMIT, `grew by ${growth / MB} MB`);
  });
});

Deno.test("Messages as Blobs are let go of: many times what the app may hold arrives", async () => {
  await using project = await TempProject.create({
    app: { files: SOCKET_APP, config: { memory_mb: 64, external_mb: 16 } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  using client = await open(nano, "/deno?do=types");
  for (let at = 0; at < 48; at++) {
    await client.send(FRAME.BINARY, new Uint8Array(MB));
    assertEquals(JSON.parse(await client.readText()), ["Blob", MB]);
  }
  assertEquals(nano.events.filter(({ event }) => event === "app_exit"), []);
});

Deno.test("An isolate that dies closes its WebSockets with 1011", async () => {
  const [project, nano] = await start();
  await using _project = project;
  await using _nano = nano;
  using bystander = await open(nano, "/pair");
  using client = await open(nano, "/deno?do=memory");
  await client.send(FRAME.TEXT, "eat");
  assertEquals((await client.readClose()).code, 1011);
  assertEquals((await bystander.readClose()).code, 1011);
  const exit = await nano.waitForEvent(({ event }) => event === "app_exit");
  assertEquals(exit["reason"], "out_of_memory");
  using again = await open(nano, "/deno");
  await again.send(FRAME.TEXT, "back");
  assertEquals(await again.readText(), "back");
});

Deno.test("A reload leaves open WebSockets with the old version until the deadline, then 1001", async () => {
  const [project, nano] = await start({ drain_timeout_ms: 8000 });
  await using _project = project;
  await using _nano = nano;
  using held = await open(nano, "/deno");
  using leaves = await open(nano, "/deno");
  await project.writeFile("app", "index.ts", SOCKET_APP.replace('new Response("plain")', 'new Response("second")'));
  assertEquals((await adminReload(nano)).status, 200);
  assertEquals(await (await nano.fetch("app", "/")).text(), "second");
  await held.send(FRAME.TEXT, "still served");
  assertEquals(await held.readText(), "still served");
  await leaves.sendClose(1000);
  assertEquals((await leaves.readClose()).code, 1000);
  const { code } = await held.readClose();
  assertEquals(code, 1001);
  const drained = await nano.waitForEvent(({ event }) => event === "app_drained");
  assertEquals(drained["forced_closed"], 1);
});

Deno.test("A shutdown waits for WebSockets; when the last one closes it ends with 0", async () => {
  const [project, nano] = await start();
  await using _project = project;
  await using _nano = nano;
  using client = await open(nano, "/pair");
  nano.signal("SIGTERM");
  const begun = await nano.waitForEvent(({ event }) => event === "drain_start");
  assertEquals(begun["in_flight"], 1);
  await client.send(FRAME.TEXT, "while draining");
  assertEquals(await client.readText(), "while draining");
  const refused = await nano.fetch("app", "/");
  assertEquals([refused.status, refused.headers.get("nano-error")], [503, "APP_DRAINING"]);
  await refused.body?.cancel();
  await client.sendClose(1000);
  assertEquals((await client.readClose()).code, 1000);
  const { code } = await nano.status();
  assertEquals(code, 0);
});

Deno.test("A shutdown closes WebSockets with 1001 at the deadline and ends with 1", async () => {
  const [project, nano] = await start({ drain_timeout_ms: 700 });
  await using _project = project;
  await using _nano = nano;
  using client = await open(nano, "/deno");
  await client.send(FRAME.TEXT, "x");
  await client.readText();
  // The old version of a changed app counts as well.
  await project.writeFile("app", "index.ts", `${SOCKET_APP}\n// changed`);
  assertEquals((await adminReload(nano)).status, 200);
  nano.signal("SIGTERM");
  const { code, reason } = await client.readClose();
  assertEquals([code, reason], [1001, "The app is going away"]);
  assertEquals((await nano.status()).code, 1);
});
