/** Tests the priorities of threads against this process' own. */
import { assert, assertEquals } from "@std/assert";
import { Worker } from "node:worker_threads";
import { findThreads, mayRestorePriority, setSteppedBack } from "../../../runtime/machine/thread_priority.ts";

const STATUS = (caps: string) => `Name:\tdeno\nCapPrm:\t000001ffffffffff\nCapEff:\t${caps}\n`;
const LIMITS = (nice: string) =>
  `Limit   Soft Limit   Hard Limit   Units\nMax nice priority         ${nice}        0 \n`;

Deno.test("mayRestorePriority() is true with CAP_SYS_NICE or a nice limit that allows the process' own value, else false", () => {
  const may = (caps: string, limit: string, nice = 0) =>
    mayRestorePriority((name) => name === "status" ? STATUS(caps) : LIMITS(limit), nice);
  assertEquals(may("000001ffffffffff", "0"), true);
  assertEquals(may("0000000000800000", "0"), true);
  assertEquals(may("0000000000400400", "0"), false);
  assertEquals(may("0000000000000000", "19"), false);
  assertEquals(may("0000000000000000", "20"), true);
  assertEquals(may("0000000000000000", "unlimited"), true);
  assertEquals(may("0000000000000000", "14", 5), false);
  assertEquals(may("0000000000000000", "15", 5), true);
  assertEquals(
    mayRestorePriority(() => {
      throw new Error("no /proc");
    }),
    false,
  );
});

Deno.test({
  name: "setSteppedBack() changes the nice value of one thread and of no other",
  ignore: !mayRestorePriority(),
  async fn() {
    const worker = new Worker(new URL("data:text/javascript,setInterval(() => {}, 1000)"));
    try {
      const own = niceOf(Deno.pid);
      const name = `worker-${worker.threadId}`;
      const deadline = performance.now() + 60_000;
      let tid: number | undefined;
      while (tid === undefined && performance.now() < deadline) tid = (await findThreads(new Set([name]))).get(name);
      assert(tid !== undefined, `no thread named ${name} came up`);
      assertEquals(setSteppedBack(tid, true), true);
      assertEquals([niceOf(tid), niceOf(Deno.pid)], [19, own]);
      assertEquals(setSteppedBack(tid, false), true);
      assertEquals(niceOf(tid), own);
    } finally {
      await worker.terminate();
    }
  },
});

Deno.test("setSteppedBack() tells of a thread that is not there", () => {
  assertEquals(setSteppedBack(2 ** 31 - 2, true), false);
});

/** Nice value in /proc/self/task/<tid>/stat: the seventeenth field after the name (proc(5)). */
function niceOf(tid: number): number {
  const stat = Deno.readTextFileSync(`/proc/self/task/${tid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
}
