/** A killed run leaves no process behind: of NANO's, of the browser, of `deno task test` itself. */
import { assert, assertEquals } from "@std/assert";
import { isRunning } from "../../integration/life/host_threads.ts";
import { until } from "../../integration/life/until.ts";
import { findChromium } from "../../dashboard/browser.ts";
import { markedPids } from "../../support/process_mark.ts";
import { RUN_NAME } from "../../support/reaper.ts";
import { fromFileUrl, REPO } from "../../support/repo.ts";

/** Starts a run of its own mark, waits until it has started something, kills it, and waits until nothing is left. */
async function killRun(args: readonly string[]): Promise<void> {
  const { [RUN_NAME]: _outer, ...env } = Deno.env.toObject();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: fromFileUrl(REPO),
    env: { ...env, NO_COLOR: "1" },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let killed = false;
  try {
    const { mark, started } = await firstMark(child.stdout);
    const present = () => markedPids(RUN_NAME, mark);
    assert(present().length > 0, "the run has started nothing");
    // Whatever mark it carries, the process that was started is gone too
    const left = () => started.filter(isRunning);
    assertEquals(left(), started);
    child.kill("SIGKILL");
    killed = true;
    await child.status;
    await until(() => present().length + left().length === 0, "nothing of the run is left");
  } finally {
    if (!killed) child.kill("SIGKILL");
    await child.status;
  }
}

/** What the first line with a mark tells: the mark, and the process that was started. */
async function firstMark(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<{ mark: string; started: number[] }> {
  let text = "";
  for await (const part of output.pipeThrough(new TextDecoderStream())) {
    text += part;
    const found = /\{"mark":\{"NANO_TEST_RUN":"([\w-]+)"\},"started":(\[\d*\])\}\n/.exec(text);
    if (found !== null) return { mark: found[1]!, started: JSON.parse(found[2]!) };
  }
  throw new Error(`The run told no mark: ${text}`);
}

const abandoned = fromFileUrl(new URL("tests/fixtures/processes/abandoned_run.ts", REPO));

Deno.test("A killed run leaves no NANO behind, and none of its children", async () => {
  await killRun(["run", "-A", abandoned, "nano"]);
});

Deno.test({
  name: "A killed run leaves no browser behind",
  // Told by the dashboard's own tests
  ignore: findChromium() === null && !Deno.env.get("CI"),
  fn: () => killRun(["run", "-A", abandoned, "browser"]),
});

Deno.test("A killed test command leaves no test process behind, and nothing of what that started", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    const nano = new URL("tests/support/nano_process.ts", REPO).href;
    const entry = new URL("tests/fixtures/processes/pretend_server.ts", REPO).href;
    await Deno.writeTextFile(
      `${folder}/waits_test.ts`,
      `import { NanoProcess } from ${JSON.stringify(nano)};
Deno.test("waits", async () => {
  await using nano = await NanoProcess.start("x", { entry: new URL(${JSON.stringify(entry)}) });
  console.log(JSON.stringify({ mark: { NANO_TEST_RUN: Deno.env.get("NANO_TEST_RUN") }, started: [nano.pid] }));
  await nano.status(300_000);
});
`,
    );
    await killRun(["run", "-A", "tests/run_tests.ts", "--no-check", `${folder}/waits_test.ts`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
