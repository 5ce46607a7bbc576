/** Tests against the real process that threads which compute beyond their part step back, and come forward again. */
import { assertEquals } from "@std/assert";
import { mayRestorePriority } from "../../../runtime/app/thread_priority.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { until } from "./until.ts";

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
    const back = await until(
      () => {
        const nices = threadNices(nano.pid);
        return nices.filter((nice) => nice === 19).length === names.length && nices;
      },
      "every computing thread steps back",
      120_000,
    );
    // Main thread, warden, reserve, calm app: all others stay where they were.
    assertEquals(back.filter((nice) => nice !== 19 && nice !== 0), []);
    await ask(nano, "calm", "/");
    await say("/off");
    await until(() => threadNices(nano.pid).every((nice) => nice === 0), "every thread comes forward again", 120_000);
  },
});

async function ask(nano: NanoProcess, app: string, path: string): Promise<void> {
  const response = await nano.fetch(app, path);
  await response.body?.cancel();
  assertEquals(response.status, 200);
}

/** Nice values of all threads of a process: the seventeenth field after the name in their stat (proc(5)). */
function threadNices(pid: number): number[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) => {
    try {
      const stat = Deno.readTextFileSync(`/proc/${pid}/task/${name}/stat`);
      return [Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16])];
    } catch {
      // It ended between the listing and the look.
      return [];
    }
  });
}
