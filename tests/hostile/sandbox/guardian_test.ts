/** What one process cannot contain (docs/decisions/0006): then the guardian starts the host again. */
import { assertEquals } from "@std/assert";
import { childrenOf, ofKernel } from "../../integration/life/host_threads.ts";
import { until } from "../../integration/life/until.ts";
import { Arena } from "./arena.ts";
import { freePort } from "../../support/free_port.ts";

Deno.test("An app that ends the process costs a restart, is named, and the neighbour serves again", async () => {
  const killer = {
    files: `export default async () => {
  console.log("here");
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const end = Date.now() + 20_000; Date.now() < end;);
};`,
    config: { cpu_ms: 60_000 },
  };
  await using arena = await Arena.open({ killer }, { guardian: true, config: { port: freePort() } });
  const from = arena.mark;
  const attack = arena.attack("killer");
  await arena.nano.waitForEvent(({ event, app }) => event === "app_log" && app === "killer", undefined, from);
  const [host] = childrenOf(arena.nano.pid);
  // What ends a process takes its time: here a second, in which the others have long finished what their start left them.
  const before = busiestTicks(host!);
  await until(() => busiestTicks(host!) >= before + 100, "the killer computes for a second", 120_000);
  // What V8 does when a native call of an app gets no memory; which calls those are changes with each version.
  Deno.kill(host!, "SIGTRAP");
  const sight = await attack;
  assertEquals(sight.status, 0, "the connection is cut with its host");
  const died = await arena.nano.waitForEvent(({ event }) => event === "host_died", undefined, from);
  assertEquals([died["signal"], (died["suspects"] as string[])[0]], ["SIGTRAP", "killer"], JSON.stringify(died));
  await arena.nano.waitForEvent(({ event }) => event === "server_start", undefined, from);
  await arena.assertUnharmed([sight]);
});

/** CPU time of the isolate that computed longest, in ticks of 10 ms: fields 14 and 15 of its stat (proc(5)). */
function busiestTicks(pid: number): number {
  let most = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const stat = ofKernel(`/proc/${pid}/task/${name}/stat`) ?? "";
    const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
    if (stat.includes("(worker-")) most = Math.max(most, user! + system!);
  }
  return most;
}
