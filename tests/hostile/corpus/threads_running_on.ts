/** Looks for threads of ended isolates that run on: each takes a core from everybody, and nobody is served by it. */
import { ofKernel } from "../../integration/life/host_threads.ts";
import { pause } from "../../integration/life/until.ts";
import { type CorpusScene, DEADLINE_MS } from "./corpus_scene.ts";

/**
 * What a killed thread may still compute, in its own CPU time, which a busy machine does not stretch: a call that V8
 * cannot interrupt may go on for seconds (decision 0006). The host tells of a thread after 10 s; it counts from there.
 */
const MOST_CPU_SECONDS = 20;
/** Of utime and stime in /proc (USER_HZ). */
const TICKS_PER_SECOND = 100;
/** Between two looks. */
const LOOK_MS = 50;

/**
 * Waits until no thread of an ended isolate runs. A scene without an admin listener is not asked.
 * @returns those that do not come to an end
 */
export async function threadsRunningOn(scene: CorpusScene): Promise<string[]> {
  if (scene.nano.adminUrl === null) return [];
  const told = new Map<string, number>();
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const ending = Number(
      /^nano_ending_threads (\d+)$/m.exec(await (await scene.admin("GET", "/metrics")).text())?.[1],
    );
    if (!Number.isInteger(ending)) throw new Error("The metrics do not tell of threads");
    if (ending === 0) return [];
    const seconds = cpuOfTold(scene);
    for (const [thread, now] of seconds) {
      const since = told.get(thread) ?? now;
      told.set(thread, since);
      if (now - since > MOST_CPU_SECONDS) return [`${thread} of an ended isolate computes on`];
    }
    if (performance.now() > deadline) return [`${ending} threads of ended isolates do not end`];
    await pause(LOOK_MS);
  }
}

/** CPU seconds of the threads that the log calls stuck and that still are there, by name. */
function cpuOfTold({ nano: { events, pid } }: CorpusScene): Map<string, number> {
  const stuck = new Set(events.flatMap(({ text }) => /^Thread (worker-\d+) of a killed/.exec(String(text))?.[1] ?? []));
  const found = new Map<string, number>();
  if (stuck.size === 0) return found;
  for (const { name: task } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const [, name, rest] = /\((.*)\) (.*)$/s.exec(ofKernel(`/proc/${pid}/task/${task}/stat`) ?? "") ?? [];
    if (name === undefined || rest === undefined || !stuck.has(name)) continue;
    // Fields 14 and 15 of proc(5); the first of the rest is the third.
    const [user, system] = rest.split(" ").slice(11, 13).map(Number);
    found.set(name, (user! + system!) / TICKS_PER_SECOND);
  }
  return found;
}
