/** Programs that take their time: by what they do, and not by how long it takes. */
import { assertEquals, assertRejects } from "@std/assert";
import { processWork } from "../../../runtime/machine/process_state.ts";
import { IdleProgram, runWhileMoving } from "../../../runtime/machine/system_program.ts";
import { until } from "../../integration/life/until.ts";

/** A clock whose timers run when the test says so. */
function handClock() {
  const waiting = new Set<() => void>();
  const after = (_delayMs: number, run: () => void) => {
    waiting.add(run);
    return () => void waiting.delete(run);
  };
  return {
    after,
    pass() {
      const due = [...waiting];
      waiting.clear();
      for (const run of due) run();
    },
    get waiting() {
      return waiting.size;
    },
  };
}

Deno.test("A program goes on while it moves, and is ended when it has done nothing between two looks", async () => {
  const folder = await Deno.makeTempDir();
  const pipe = `${folder}/pipe`;
  const told = `${folder}/told`;
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const { after, pass } = handClock();
  const running = runWhileMoving("/bin/sh", ["-c", `while read -r line; do echo "$line" >> ${told}; done <> ${pipe}`], {
    idleMs: 60_000,
    after,
  });
  let isOver = false;
  const failure = assertRejects(() => running, IdleProgram, "has done nothing for 60 s").finally(() => isOver = true);
  for (let turn = 1; turn <= 5; turn++) {
    await Deno.writeTextFile(pipe, "x\n");
    await until(async () => (await Deno.stat(told).catch(() => null))?.size === 2 * turn, "it has moved");
    pass();
  }
  assertEquals(isOver, false);
  await until(async () => {
    pass();
    await Promise.resolve();
    return isOver;
  }, "a look finds nothing new");
  await failure;
  assertEquals((await Deno.stat(told)).size, 10);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("What a program says and how it ends is told as ever, and nobody looks at it afterwards", async () => {
  const hand = handClock();
  const end = await runWhileMoving("/bin/sh", ["-c", "echo out; echo err >&2; exit 3"], {
    idleMs: 1000,
    after: hand.after,
  });
  assertEquals([end, hand.waiting], [{ code: 3, stdout: "out\n", stderr: "err\n" }, 0]);
});

Deno.test("What a process has done changes with what it reads, and is null of one that is none", () => {
  const before = processWork(Deno.pid);
  Deno.readTextFileSync("/proc/self/stat");
  assertEquals([before === processWork(Deno.pid), processWork(2 ** 30)], [false, null]);
});
