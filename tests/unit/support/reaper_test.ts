/** A killed run leaves no process behind: of NANO's, of the browser, of `deno task test` itself. */
import { assert, assertEquals } from "@std/assert";
import { until } from "../../integration/life/until.ts";
import { findChromium } from "../../dashboard/browser.ts";
import { markedPids } from "../../support/process_mark.ts";
import { RUN_NAME } from "../../support/reaper.ts";
import { fromFileUrl, REPO } from "../../support/repo.ts";

/** Starts a run, waits until it has started something, kills it, and waits until nothing is left. */
async function killRun(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: fromFileUrl(REPO),
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let killed = false;
  try {
    const marks = await firstMarks(child.stdout);
    const present = () => marks.flatMap((mark) => markedPids(RUN_NAME, mark));
    assert(present().length > 0, "the run has started nothing");
    child.kill("SIGKILL");
    killed = true;
    await child.status;
    await until(() => present().length === 0, "nothing of the run is left");
    assertEquals(present(), []);
  } finally {
    if (!killed) child.kill("SIGKILL");
    await child.status;
  }
}

/** The marks that the first line with any tells. */
async function firstMarks(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string[]> {
  let text = "";
  for await (const part of output.pipeThrough(new TextDecoderStream())) {
    text += part;
    const found = [...text.matchAll(/\{"mark":\{"NANO_TEST_RUN":"([\w-]+)"\},"pid":\d+\}\n/g)];
    if (found.length > 0) return found.map(([, mark]) => mark!);
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
  console.log(JSON.stringify({ mark: { NANO_TEST_RUN: Deno.env.get("NANO_TEST_RUN") }, pid: Deno.pid }));
  await nano.status(300_000);
});
`,
    );
    await killRun(["run", "-A", "tests/run_tests.ts", "--no-check", `${folder}/waits_test.ts`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
