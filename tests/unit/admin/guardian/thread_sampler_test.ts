/** What is seen of a process' threads, with a /proc that a test writes. */
import { assert, assertEquals } from "@std/assert";
import { type ProcessFiles, ThreadSampler } from "../../../../admin/guardian/thread_sampler.ts";

/** A process whose threads compute as told. */
class PretendProcess implements ProcessFiles {
  state = "S";
  flags = 0x400000;
  reads = 0;
  ticks = 0;
  readonly threads = new Map<string, { name: string; state: string; ranMs: number; waitedMs: number }>();

  add(tid: string, name: string): void {
    this.threads.set(tid, { name, state: "S", ranMs: 0, waitedMs: 0 });
  }

  compute(tid: string, ranMs: number, waitedMs = 0): void {
    const thread = this.threads.get(tid)!;
    thread.ranMs += ranMs;
    thread.waitedMs += waitedMs;
    this.ticks += ranMs / 10;
  }

  names(path: string): string[] {
    assertEquals(path, "/proc/5/task");
    return [...this.threads.keys()];
  }

  text(path: string): string {
    this.reads++;
    if (path === "/proc/5/stat") {
      return `5 (a ) name) ${this.state} 1 5 5 0 -1 ${this.flags} 0 0 0 0 ${Math.floor(this.ticks)} 0 0 0 20 0 9`;
    }
    const [, , , , tid, file] = path.split("/");
    const thread = this.threads.get(tid!);
    if (thread === undefined) throw new Error("No such process (os error 3)");
    if (file === "stat") return `${tid} (${thread.name}) ${thread.state} 1 5`;
    return file === "comm" ? `${thread.name}\n` : `${thread.ranMs * 1e6} ${thread.waitedMs * 1e6} 9\n`;
  }
}

function pretend() {
  const process = new PretendProcess();
  for (const [tid, name] of [["5", "deno"], ["6", "worker-1"], ["7", "worker-2"]] as const) process.add(tid, name);
  const sampler = new ThreadSampler(5, process);
  process.compute("5", 10);
  sampler.sample(1_000);
  return { process, sampler };
}

/** Since when each isolate's thread computes. */
function active(sampler: ThreadSampler): Record<string, number | null> {
  return Object.fromEntries(sampler.activities().map(({ name, activeSince }) => [name, activeSince]));
}

Deno.test("ThreadSampler tells since when a thread computes, one that only waits for a core included", () => {
  const { process, sampler } = pretend();
  process.compute("6", 45);
  process.compute("7", 2, 40);
  sampler.sample(1_050);
  process.compute("6", 50);
  sampler.sample(1_100);
  assertEquals(active(sampler), { "worker-1": 1_000, "worker-2": 1_000 }, "the second has just paused, or it dies");
  process.compute("6", 50);
  sampler.sample(1_150);
  assertEquals(active(sampler), { "worker-1": 1_000, "worker-2": null });
  process.compute("7", 10, 40);
  sampler.sample(1_200);
  process.compute("7", 0, 50);
  process.compute("5", 10);
  sampler.sample(1_250);
  assertEquals(active(sampler), { "worker-1": null, "worker-2": 1_150 });
  const [first, second] = sampler.activities();
  assertEquals([first!.activeMsBefore, first!.ageMsBefore, first!.ranMs], [150, 0, 0]);
  assertEquals(second!.ranMs, 10, "of a core; it waited the rest of the time");
});

Deno.test("ThreadSampler reads no thread while the process stands still, and measures who begins from there on", () => {
  const { process, sampler } = pretend();
  process.compute("6", 50);
  sampler.sample(1_050);
  const before = process.reads;
  for (let at = 1_100; at <= 9_000; at += 50) sampler.sample(at);
  assertEquals(process.reads - before, 159 + 2, "one file a look, and once those of the thread that computed");
  assertEquals(active(sampler)["worker-1"], null);
  process.compute("7", 50);
  sampler.sample(9_050);
  assertEquals(active(sampler)["worker-2"], 9_000);
});

Deno.test("ThreadSampler knows a thread that waits for a core longer than a look, of a busy process and of a still one", () => {
  const { process, sampler } = pretend();
  process.compute("6", 50);
  process.compute("7", 50);
  sampler.sample(1_050);
  const waiting = process.threads.get("6")!;
  waiting.state = "R";
  for (let at = 1_100; at <= 1_300; at += 50) {
    process.compute("5", 10);
    sampler.sample(at);
    assertEquals(active(sampler), { "worker-1": 1_000, "worker-2": at === 1_100 ? 1_000 : null });
  }
  for (let at = 1_350; at <= 2_000; at += 50) {
    sampler.sample(at);
    assertEquals(active(sampler), { "worker-1": 1_000, "worker-2": null });
  }
  waiting.state = "S";
  sampler.sample(2_050);
  assertEquals(active(sampler), { "worker-1": 1_000, "worker-2": null });
  sampler.sample(2_100);
  assertEquals(active(sampler), { "worker-1": null, "worker-2": null });
  process.threads.delete("6");
  for (let at = 2_150; at <= 2_350; at += 50) sampler.sample(at);
  assertEquals(active(sampler), { "worker-1": null, "worker-2": null });
});

Deno.test("ThreadSampler keeps what it knew while the process dies", () => {
  const { process, sampler } = pretend();
  process.compute("6", 50);
  sampler.sample(1_050);
  process.compute("5", 50);
  process.threads.delete("6");
  process.threads.delete("7");
  sampler.sample(1_100);
  assertEquals(active(sampler), { "worker-1": 1_000, "worker-2": null });
  process.state = "Z";
  sampler.sample(1_150);
  assertEquals(active(sampler), { "worker-1": 1_000, "worker-2": null });
  assertEquals(sampler.aliveAt, 1_100);
});

Deno.test("ThreadSampler tells what computed until a process stopped its threads to die", () => {
  const { process, sampler } = pretend();
  process.add("8", "worker-3");
  process.compute("5", 10);
  sampler.sample(1_050);
  process.compute("6", 50);
  process.compute("8", 50);
  sampler.sample(1_100);
  process.compute("5", 10);
  process.threads.delete("8");
  sampler.sample(1_150);
  assertEquals(active(sampler), { "worker-1": 1_050, "worker-2": null, "worker-3": 1_050 });
  // On a busy machine the others end some looks later
  for (let at = 1_200; at <= 1_500; at += 50) {
    process.compute("5", 10);
    sampler.sample(at);
  }
  assertEquals(active(sampler), { "worker-1": null, "worker-2": null, "worker-3": 1_050 });
  process.state = "Z";
  sampler.sample(1_550);
  assertEquals(active(sampler)["worker-3"], 1_050);
});

Deno.test("ThreadSampler keeps what it knew of a process that a signal takes down, however long that takes", () => {
  const { process, sampler } = pretend();
  process.compute("6", 50);
  sampler.sample(1_050);
  // As Linux has it while the memory of a crash is written: the thread stands still, and is not waiting for a core.
  process.state = "D";
  process.flags = 0x400600;
  process.threads.get("6")!.state = "I";
  for (let at = 1_100; at <= 1_500; at += 50) {
    process.compute("5", 1);
    sampler.sample(at);
  }
  assertEquals(active(sampler), { "worker-1": 1_000, "worker-2": null });
  assertEquals(sampler.aliveAt, 1_050);
});

Deno.test("ThreadSampler forgets a thread that ended long before", () => {
  const { process, sampler } = pretend();
  process.add("8", "worker-3");
  process.compute("5", 10);
  sampler.sample(1_050);
  process.compute("8", 50);
  sampler.sample(1_100);
  process.threads.delete("8");
  for (let at = 1_150; at <= 3_200; at += 50) {
    process.compute("5", 10);
    sampler.sample(at);
  }
  assertEquals(active(sampler), { "worker-1": null, "worker-2": null });
});

Deno.test("ThreadSampler finds a thread that gets its name late, and seldom asks the others for theirs", () => {
  const { process, sampler } = pretend();
  process.add("8", "deno");
  let at = 1_000;
  const looks = (count: number) => {
    const before = process.reads;
    for (let i = 0; i < count; i++) {
      process.compute("6", 50);
      sampler.sample(at += 50);
    }
    return process.reads - before;
  };
  looks(100);
  assertEquals(looks(100), 100 * (2 + 2) + 2 * 10, "the process twice and two isolates a look, two names each tenth");
  process.threads.get("8")!.name = "worker-3";
  looks(10);
  assertEquals(active(sampler)["worker-3"], null);
});

Deno.test("ThreadSampler knows nothing of a process that is not there, and does not throw", () => {
  const sampler = new ThreadSampler(5, {
    text: () => {
      throw new Deno.errors.NotFound();
    },
    names: () => [],
  });
  assertEquals(sampler.sample(1), 0);
  assertEquals([sampler.aliveAt, sampler.activities()], [null, []]);
});

Deno.test({
  name: "ThreadSampler sees a real thread compute",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // The test's own process; a worker of Deno's, whose thread has the name of an isolate's.
    const sampler = new ThreadSampler(Deno.pid);
    const source = "postMessage(0); onmessage = () => { for (;;); };";
    const worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, { type: "module" });
    await new Promise<void>((resolve) => worker.onmessage = () => resolve());
    worker.postMessage(0);
    const deadline = performance.now() + 120_000;
    let busy = 0;
    while (busy === 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      sampler.sample(Date.now());
      busy = sampler.activities().filter(({ activeSince }) => activeSince !== null).length;
    }
    worker.terminate();
    assert(busy > 0, JSON.stringify(sampler.activities()));
  },
});
