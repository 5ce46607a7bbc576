/**
 * Who ends the host twice is put away, and nobody else. What ends it is a signal of the test's, sent while an app does what
 * a killer does, so that no fault of V8 is needed that the next version mends.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { adminApp, adminRestart, readyz } from "./admin_client.ts";
import { GuardedHost } from "./guarded_host.ts";
import { KILLER, KILLER_LIMITS, SPIN } from "./killer_app.ts";
import { until } from "./until.ts";

/** V8's own way to end a process that is out of memory. */
const CRASH = "SIGTRAP";
const NEIGHBOURS = {
  /** Holds a request all the time. */
  stream: {
    files: `export default () => new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(1)) }));`,
  },
  other: { fixture: "announce" },
};

/** Lets the killer work at a place, and waits until the guardian has seen it. */
async function provoke(host: GuardedHost, place: string): Promise<void> {
  const from = host.nano.events.length;
  const open = await host.nano.fetch("stream");
  const answer = host.nano.fetch("killer", place).then((response) => response.text()).catch(() => "cut");
  await host.nano.waitForEvent(({ event, app }) => event === "app_log" && app === "killer", undefined, from);
  await host.computes("killer", "running");
  Promise.allSettled([answer, open.body!.cancel()]);
}

for (const places of [["/handler", "/timer"], ["/stream", "/after"]]) {
  Deno.test(`an app that ends the host from ${places.join(" and ")} is named each time and then quarantined, its neighbours never`, async () => {
    await using host = await GuardedHost.start({ killer: { files: KILLER, config: KILLER_LIMITS }, ...NEIGHBOURS });
    const { nano } = host;
    for (const place of places) {
      await provoke(host, place);
      const died = await host.kill(CRASH);
      assertEquals([died["signal"], died["suspects"]], [CRASH, ["killer"]], JSON.stringify(died));
      await host.next("server_start");
    }
    const { state, error } = await adminApp(nano, "killer");
    assertEquals(state, "quarantined", JSON.stringify(nano.events.filter(({ event }) => event === "host_died")));
    assertStringIncludes(error ?? "", "the host died 2 times while it computed");
    const refused = await nano.fetch("killer");
    assertEquals([refused.status, refused.headers.get("nano-error")], [503, "APP_QUARANTINED"]);
    assertEquals((await refused.json()).code, "APP_QUARANTINED");
    const convicted = nano.events.filter(({ event }) => event === "app_quarantined").map(({ app }) => app);
    assertEquals(convicted, ["killer"]);
    const served = await nano.fetch("other");
    assertEquals([served.status, (await served.text()).length > 0], [200, true]);
  });
}

Deno.test("an app that ends the host at its top level is quarantined by its version; another one serves, and a restart tries again", async () => {
  const good = `export default () => new Response("good");`;
  await using host = await GuardedHost.start({ killer: { files: good, config: KILLER_LIMITS }, ...NEIGHBOURS });
  const { nano, project } = host;
  await project.writeFile("killer", "index.ts", SPIN + good);
  for (let death = 1; death <= 2; death++) {
    await host.computes("killer", "booting");
    assertEquals((await host.kill("SIGABRT"))["suspects"], ["killer"]);
  }
  await host.next("server_start");
  assertEquals((await adminApp(nano, "killer")).state, "quarantined");
  const ready = await readyz(nano);
  assertEquals([ready.httpStatus, ready.failed], [200, ["killer"]]);

  await project.writeFile("killer", "index.ts", good + "// Mended");
  await until(async () => (await adminApp(nano, "killer")).state === "running", "the mended version serves");
  assertEquals(await (await nano.fetch("killer")).text(), "good");

  // The version that was convicted still is.
  const from = nano.events.length;
  await project.writeFile("killer", "index.ts", SPIN + good);
  await nano.waitForEvent(({ event }) => event === "config_rejected", undefined, from);
  assertEquals(await (await nano.fetch("killer")).text(), "good");
});

Deno.test("a quarantine outlives the guardian, and a restart by hand ends it", async () => {
  await using host = await GuardedHost.start({ killer: { files: KILLER, config: KILLER_LIMITS }, ...NEIGHBOURS });
  const { nano, project } = host;
  const { version } = await adminApp(nano, "killer");
  await nano.stop();
  const conviction = { app: "killer", version, reason: "the host died 2 times while it computed", since: 1 };
  await Deno.writeTextFile(`${project.dir}/.nano/quarantine.json`, JSON.stringify([conviction]));
  await using again = await host.again();
  assertEquals((await adminApp(again.nano, "killer")).state, "quarantined");
  assertEquals(await adminRestart(again.nano, "killer"), 200);
  assertEquals(await (await again.nano.fetch("killer")).text(), "fine");
  assertEquals(JSON.parse(await Deno.readTextFile(`${project.dir}/.nano/quarantine.json`)), []);
});

Deno.test("an operator who kills the host twice while apps serve puts nobody into quarantine", async () => {
  await using host = await GuardedHost.start({
    slow: { fixture: "slow", config: { timeout_ms: 300_000 } },
    ...NEIGHBOURS,
  });
  for (let death = 1; death <= 2; death++) {
    const from = host.nano.events.length;
    const slow = host.nano.fetch("slow", "/slow?ms=300000").catch(() => null);
    await host.nano.waitForEvent(({ event, app }) => event === "app_log" && app === "slow", undefined, from);
    await until(() => host.noted("slow").some((line) => /\d{13},\d{13},1\]/.test(line)), "slow is noted as quiet");
    await host.looks();
    assertEquals((await host.kill("SIGKILL"))["suspects"], []);
    assertEquals(await slow, null);
    await host.next("server_start");
  }
  assertEquals((await adminApp(host.nano, "slow")).state, "running");
});
