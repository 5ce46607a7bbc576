/** Holds NanoProcess against a pretended host: events, requests, signals, and that nothing outlives it. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { until } from "../../integration/life/until.ts";

const entry = new URL("../../fixtures/processes/pretend_server.ts", import.meta.url);

function isAlive(pid: number): boolean {
  try {
    // A killed child that nobody has awaited yet is a zombie, state Z
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function sleeperOf(nano: NanoProcess): Promise<number> {
  return Number((await nano.waitForEvent(({ event }) => event === "child"))["pid"]);
}

Deno.test("NanoProcess reads the address from server_start, passes the config and keeps stray lines", async () => {
  await using nano = await NanoProcess.start("some.json", { entry, args: ["--port", "0"] });
  assertEquals(nano.url, `http://127.0.0.1:${nano.port}`);
  assertEquals(nano.adminUrl, null);
  assertEquals(nano.events[0]?.["args"], ["start", "--config", "some.json", "--no-guardian", "--port", "0"]);
  assertEquals(nano.strayLines, ["a line that is no record"]);
});

Deno.test("NanoProcess.fetch() sends the host name it is given", async () => {
  await using nano = await NanoProcess.start("some.json", { entry });
  const response = await nano.fetch("hello.localhost", "/path");
  assertEquals(await response.text(), "host hello.localhost");
  const request = await nano.waitForEvent(({ event }) => event === "request");
  assertEquals(request["host"], "hello.localhost");
});

Deno.test("NanoProcess.stop() drains and gives the exit code", async () => {
  await using nano = await NanoProcess.start("some.json", { entry });
  await sleeperOf(nano);
  assertEquals((await nano.stop()).code, 0);
  assertEquals(nano.events.at(-1)?.event, "server_stop");
});

Deno.test("NanoProcess.stop() kills a process that does not end, and says so", async () => {
  await using nano = await NanoProcess.start("some.json", { entry, args: ["stubborn"] });
  const sleeper = await sleeperOf(nano);
  await assertRejects(() => nano.stop(50), Error, "did not end within 50 ms");
  await until(() => !isAlive(sleeper), "the child has ended");
});

Deno.test("Disposing NanoProcess ends the process and its children", async () => {
  let pids: number[];
  {
    await using nano = await NanoProcess.start("some.json", { entry });
    pids = [nano.pid, await sleeperOf(nano)];
    assertEquals(pids.map(isAlive), [true, true]);
  }
  await until(() => !pids.some(isAlive), "both have ended");
});

Deno.test("Disposing NanoProcess ends children that have lost their parent", async () => {
  let orphan: number;
  {
    await using nano = await NanoProcess.start("some.json", { entry });
    orphan = await sleeperOf(nano);
    nano.signal("SIGKILL");
  }
  await until(() => !isAlive(orphan), "the orphan has ended");
});

Deno.test("NanoProcess.start() fails with the output when the process ends early", async () => {
  const error = await assertRejects(() => NanoProcess.start("some.json", { entry, args: ["die-early"] }), Error);
  assertStringIncludes(error.message, "ended before the event came");
  assertStringIncludes(error.message, "cannot start, on purpose");
});

Deno.test("NanoProcess.start() gives up when server_start does not come, and ends the process", async () => {
  const options = { entry, args: ["silent"], timeoutMs: 300 };
  await assertRejects(() => NanoProcess.start("some.json", options), Error, "No such event in 300 ms");
});

Deno.test("waitForEvent() ignores records before its starting point", async () => {
  await using nano = await NanoProcess.start("some.json", { entry });
  await (await nano.fetch("one.localhost")).text();
  await nano.waitForEvent(({ event }) => event === "request");
  const from = nano.events.length;
  const next = nano.waitForEvent(({ event }) => event === "request", undefined, from);
  await (await nano.fetch("two.localhost")).text();
  assertEquals((await next)["host"], "two.localhost");
});
