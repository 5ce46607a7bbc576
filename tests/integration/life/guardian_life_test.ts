/** The guardian on real processes: a killed host is replaced, a stop drains, a killed guardian leaves nobody behind. */
import { assert, assertEquals } from "@std/assert";
import type { LogRecord } from "../../support/nano_process.ts";
import { GuardedHost } from "./guarded_host.ts";
import { childrenOf, isRunning } from "./host_threads.ts";
import { until } from "./until.ts";

const APPS = { slow: { fixture: "slow" }, other: { fixture: "announce" } };

function isStart(record: LogRecord): boolean {
  return record.event === "server_start";
}

Deno.test("a host that is killed is replaced at once, and the log names the busy apps", async () => {
  await using all = await GuardedHost.start(APPS);
  const { nano, pid: host } = all;
  const lost = nano.fetch("slow", "/slow?ms=60000").then(async (response) => {
    await response.body?.cancel();
    return `status ${response.status}`;
  }, () => "cut");
  await nano.waitForEvent(({ event }) => event === "app_log");
  // The host tells its guardian every 200 ms which apps are busy.
  await until(() => busyAppsTold(host), "the guardian knows that slow is busy");

  const from = nano.events.length;
  const begin = performance.now();
  Deno.kill(host, "SIGKILL");
  await until(async () => {
    try {
      const response = await nano.fetch("other");
      await response.body?.cancel();
      return response.status === 200;
    } catch {
      return false; // nobody listens yet
    }
  }, "the new host serves");
  const ms = Math.round(performance.now() - begin);
  console.log(`SIGKILL of the host to the next answer: ${ms} ms`);
  assertEquals(await lost, "cut");
  const died = await nano.waitForEvent(({ event }) => event === "host_died", undefined, from);
  assertEquals([died["signal"], died["busy_apps"], died["restart_in_ms"]], ["SIGKILL", ["slow"], 0]);
  await nano.waitForEvent(isStart, undefined, from);
  const [present] = childrenOf(nano.pid);
  assert(present !== undefined && present !== host);
  assertEquals((await nano.stop()).code, 0);
  assert(!isRunning(present), "the new host outlived its guardian");
});

/** Whether the host has written to its guardian that the app "slow" is busy. */
function busyAppsTold(host: number): boolean {
  const args = Deno.readTextFileSync(`/proc/${host}/cmdline`).split("\0");
  const file = args[args.indexOf("--guarded") + 1];
  if (file === undefined) throw new Error("The host was not told where to report");
  return Deno.readTextFileSync(file).includes('"slow"');
}

Deno.test("SIGTERM to the guardian drains the host and ends both", async () => {
  await using all = await GuardedHost.start(APPS);
  const { nano, pid: host } = all;
  const slow = nano.fetch("slow", "/slow?ms=1000").then((response) => response.text());
  await nano.waitForEvent(({ event }) => event === "app_log");
  nano.signal("SIGTERM");
  assertEquals(await slow, "slow but whole");
  assertEquals((await nano.status()).code, 0);
  const complete = nano.events.find(({ event }) => event === "drain_complete")!;
  assertEquals([complete["drained_requests"], complete["forced_closed"]], [1, 0]);
  assert(!isRunning(host));
});

Deno.test("a guardian that is killed leaves no orphan, and requests in flight still finish", async () => {
  await using all = await GuardedHost.start(APPS);
  const { nano, pid: host } = all;
  const slow = nano.fetch("slow", "/slow?ms=1000").then((response) => response.text());
  await nano.waitForEvent(({ event }) => event === "app_log");
  nano.signal("SIGKILL");
  assertEquals(await slow, "slow but whole");
  await until(() => !isRunning(host), "the host ends without its guardian");
});
