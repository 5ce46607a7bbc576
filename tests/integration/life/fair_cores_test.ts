/** Tests against the real process that threads which compute beyond their part step back, and come forward again. */
import { assertEquals } from "@std/assert";
import { mayRestorePriority } from "../../../runtime/machine/thread_priority.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { until } from "./until.ts";
import { ofKernel } from "./host_threads.ts";

/** Computes in steps of 300 ms until it is told to stop. */
const HOG = `
let on = false;
const work = () => {
  for (const end = Date.now() + 300; Date.now() < end;);
  if (on) setTimeout(work, 0);
};
export default {
  fetch(request) {
    on = new URL(request.url).pathname === "/on";
    if (on) setTimeout(work, 0);
    return new Response(String(on));
  },
};`;

const ignore = !mayRestorePriority();
if (ignore) console.log("Not run: this process has neither CAP_SYS_NICE nor a nice limit that allows 0");

Deno.test({
  name: "Nano lowers the priority of threads that compute beyond their part, of no other, and only as long as they do",
  ignore,
  async fn() {
    const names = Array.from({ length: 2 * navigator.hardwareConcurrency }, (_, at) => `hog-${at}`);
    await using project = await TempProject.create({
      calm: { files: `export default { fetch: () => new Response("calm") };` },
      ...Object.fromEntries(names.map((name) => [name, { files: HOG, config: { cpu_ms: 20_000 } }])),
    });
    await using nano = await NanoProcess.start(project.configFile);
    const say = async (path: string) => {
      for (const name of names) await ask(nano, name, path);
    };
    await say("/on");
    const share = cpuShare(nano.pid);
    const back = await until(
      () => {
        const nices = threadNices(nano.pid);
        if (nices.filter((nice) => nice === 19).length === names.length) return nices;
        return share.isSmall() ? "the cores are taken" : null;
      },
      "every computing thread steps back",
    );
    if (back === "the cores are taken") {
      console.log("Not told: other processes leave this one less than the part of the cores that is free to take");
      return;
    }
    // Main thread, warden, reserve, calm app: all others stay where they were.
    assertEquals(back.filter((nice) => nice !== 19 && nice !== 0), []);
    await ask(nano, "calm", "/");
    await say("/off");
    await until(() => threadNices(nano.pid).every((nice) => nice === 0), "every thread comes forward again");
  },
});

async function ask(nano: NanoProcess, app: string, path: string): Promise<void> {
  const response = await nano.fetch(app, path);
  await response.body?.cancel();
  assertEquals(response.status, 200);
}

/** Ten looks of the warden, in ms: long enough for everybody's debt. */
const WINDOW_MS = 10_000;

/**
 * Tells whether a process got too little of the cores for a whole window: then nobody computes beyond their part
 * (runtime/pool/cpu_debt.ts: half of the cores are free to take, and the hogs are not alone in the process).
 */
function cpuShare(pid: number): { isSmall(): boolean } {
  let from = { at: performance.now(), seconds: cpuSeconds(pid) };
  return {
    isSmall() {
      const at = performance.now();
      if (at - from.at < WINDOW_MS) return false;
      const seconds = cpuSeconds(pid);
      const share = (seconds - from.seconds) / ((at - from.at) / 1000);
      from = { at, seconds };
      return share < 0.75 * navigator.hardwareConcurrency;
    },
  };
}

/** CPU time of a process, all its threads together (proc(5), utime and stime). */
function cpuSeconds(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Nice values of all threads of a process: the seventeenth field after the name in their stat (proc(5)). */
function threadNices(pid: number): number[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) => {
    const stat = ofKernel(`/proc/${pid}/task/${name}/stat`);
    return stat === null ? [] : [Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16])];
  });
}
