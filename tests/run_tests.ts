/**
 * `deno task test`: a process a folder, a few of them at once, since most tests wait more than they compute;
 * types are checked meanwhile, once for all. With arguments it is `deno test` with these.
 */
import { HOST_FLAGS } from "../admin/guardian/guard.ts";
import { folderModules, isTestFile } from "./support/folder_modules.ts";
import { startReaper } from "./support/reaper.ts";
import { BUNDLES_NAME } from "./support/warm_bundles.ts";

/** Folders whose own folders are a part each. */
const SPLIT = ["tests", "tests/hostile", "tests/integration"];
/** Folders that are two parts each: they take so long that one chain of them would outlast all the rest. */
const HALVED = ["tests/servers", "tests/hostile/corpus", "tests/integration/life", "tests/unit"];
/** Those that take longest from begin to end, longest first: whoever begins last must not run alone in the end. */
const LONGEST = [
  "tests/hostile/corpus",
  "tests/integration/life",
  "tests/integration/bindings",
  "tests/unit",
  "tests/servers",
  "tests/integration/cli",
  "tests/integration/fleet",
  "tests/hostile/sandbox",
  "tests/corpus",
  "tests/integration/frameworks",
  "tests/dashboard",
  "tests/docs",
  "tests/integration/admin",
  "tests/integration/operate",
  "tests/integration/door",
  "tests/hostile",
  "tests/integration/standards",
];
/** Folders that hold no tests: those that "test" in deno.json leaves out, and what tests are made with. */
const NO_TESTS = ["tests/bench", "tests/fixtures", "tests/std", "tests/support"];
/**
 * Beyond what there are cores, for parts that wait: alone, a part computes 0.55 of its time (44 minutes of CPU in 78 of
 * all parts). More than the most are a matter of memory, not of time.
 */
const MORE_THAN_CORES = 3;
const MOST_AT_ONCE = 6;
/** For a shell: runs a program, and says at the end what CPU time the shell took and, on a line of its own, the rest. */
const TIMED = '"$0" "$@"; code=$?; times >&2; exit $code';
/** As `deno test` ends: "ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)". */
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \((\d+) steps?\))? \| (\d+) failed(?: \((\d+) steps?\))?(?: \| (\d+) ignored)?/gm;

interface Counts {
  readonly passed: number;
  readonly steps: number;
  readonly failed: number;
  readonly ignored: number;
}

/** How a process ended, and what it said. */
interface Outcome {
  readonly code: number;
  readonly text: string;
  /** CPU time of all its processes, as far as somebody has waited for their end. */
  readonly cpuSeconds: number;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  // All that the tests start inherits it
  for (const [name, mark] of Object.entries(startReaper())) Deno.env.set(name, mark);
  if (args.length > 0) return await runShown(["test", ...HOST_FLAGS, ...args]);
  const began = performance.now();
  const scratch = await Deno.makeTempDir({ prefix: "nano-test-run-" });
  await makeBundles(`${scratch}/bundles`);
  const [types, outcomes] = await Promise.all([checkTypes(), runParts(await testParts(), scratch)]);
  await Deno.remove(scratch, { recursive: true });
  const counts = outcomes.map(({ text }) => countsOf(text));
  const sum = (key: keyof Counts) => counts.reduce((total, one) => total + (one?.[key] ?? 0), 0);
  const isOk = types.code === 0 && outcomes.every(({ code }) => code === 0) && !counts.includes(null);
  if (types.code !== 0) console.log(types.text);
  // Once more at the end, where a log of thousands of lines is read
  for (const { code, text } of outcomes) if (code !== 0) console.log(failuresOf(text));
  console.log(
    `${isOk ? "ok" : "FAILED"} | ${sum("passed")} passed (${sum("steps")} steps) | ${sum("failed")} failed | ` +
      `${sum("ignored")} ignored (${timeSince(began)})`,
  );
  return isOk ? 0 : 1;
}

/** Bundles once what each NANO that a test starts would bundle again. */
async function makeBundles(folder: string): Promise<void> {
  const { code, text } = await run(["run", "-A", "--no-check", "tests/support/make_bundles.ts", folder]);
  if (code !== 0) throw new Error(`Cannot bundle what isolates run\n${text}`);
  Deno.env.set(BUNDLES_NAME, folder);
}

/** Checks what `deno task check` does, so that it costs nothing after that. */
async function checkTypes(): Promise<Outcome> {
  const types = await run(["check"]);
  if (types.code !== 0) console.log("Types ... FAILED");
  return types;
}

/** The parts, longest first: paths of test files and folders for one `deno test` each. */
export async function testParts(): Promise<string[][]> {
  const parts: string[][] = [];
  for (const folder of SPLIT) {
    const files: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(new URL(`../${folder}`, import.meta.url))) {
      const path = `${folder}/${name}`;
      if (!isDirectory && isTestFile(name)) files.push(path);
      if (!isDirectory || SPLIT.includes(path) || NO_TESTS.includes(path)) continue;
      if (HALVED.includes(path)) parts.push(...await halvesOf(path));
      else parts.push([path]);
    }
    if (files.length > 0) parts.push(files.sort());
  }
  const rank = ([first]: string[]) => {
    const at = LONGEST.findIndex((folder) => `${first}/`.startsWith(`${folder}/`));
    return at === -1 ? LONGEST.length : at;
  };
  return parts.sort((a, b) => rank(a) - rank(b) || (a[0]! < b[0]! ? -1 : 1));
}

/** What a folder holds of tests, every second of it: files or folders that take long often stand beside each other. */
async function halvesOf(folder: string): Promise<string[][]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`../${folder}`, import.meta.url))) {
    if (isDirectory || isTestFile(name)) paths.push(`${folder}/${name}`);
  }
  paths.sort();
  return [0, 1].map((half) => paths.filter((_, index) => index % 2 === half));
}

/** Runs a few parts at once, and shows what each says when it is through. */
async function runParts(parts: readonly string[][], scratch: string): Promise<Outcome[]> {
  const waiting = [...parts];
  const outcomes: Outcome[] = [];
  const lane = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const began = performance.now();
      const modules = await folderModules(part, await Deno.makeTempDir({ dir: scratch }));
      const outcome = await run(["test", "--no-check", ...HOST_FLAGS, "--config", "deno.json", ...modules]);
      outcomes.push(outcome);
      console.log(outcome.text);
      const times = `${timeSince(began)}, CPU ${timeOf(outcome.cpuSeconds)}`;
      console.log(`${outcomes.length} of ${parts.length} parts: ${part.join(" ")} (${times})\n`);
    }
  };
  const lanes = Math.min(MOST_AT_ONCE, navigator.hardwareConcurrency + MORE_THAN_CORES);
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

/** Runs `deno` and keeps what it says; a test that fails is told at once. */
async function run(args: readonly string[]): Promise<Outcome> {
  const child = command("/bin/sh", ["-c", TIMED, Deno.execPath(), ...args], "piped").spawn();
  const errors = new Response(child.stderr).text();
  let text = "";
  let line = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    const lines = (line + part).split("\n");
    line = lines.pop()!;
    for (const whole of lines) if (whole.includes("... FAILED")) console.log(whole);
  }
  const { code } = await child.status;
  const [said, times] = splitTimes(await errors);
  return { code, text: `${said}${text}`, cpuSeconds: times };
}

/** What was said before the shell's own report, and the seconds of its last line: "1m2.50s 0m4.00s", user and system. */
function splitTimes(errors: string): [said: string, seconds: number] {
  const at = errors.lastIndexOf("\n", errors.lastIndexOf("\n", errors.length - 2) - 1) + 1;
  const times = errors.slice(at).split("\n")[1]?.matchAll(/(\d+)m([\d.]+)s/g) ?? [];
  return [errors.slice(0, at), [...times].reduce((sum, [, m, s]) => sum + 60 * Number(m) + Number(s), 0)];
}

/** Runs `deno` and shows what it says as it comes. */
async function runShown(args: readonly string[]): Promise<number> {
  const { code } = await command(Deno.execPath(), args, "inherit").spawn().status;
  return code;
}

function command(program: string, args: readonly string[], output: "piped" | "inherit"): Deno.Command {
  const cwd = new URL("../", import.meta.url);
  return new Deno.Command(program, { args: [...args], cwd, stdin: "null", stdout: output, stderr: output });
}

function timeSince(began: number): string {
  return timeOf((performance.now() - began) / 1000);
}

function timeOf(exactly: number): string {
  const seconds = Math.round(exactly);
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** What failed and why, as a run lists it before its summary; the last lines of one that never came to that. */
function failuresOf(text: string): string {
  const at = text.lastIndexOf(" ERRORS ");
  return at === -1 ? text.split("\n").slice(-30).join("\n") : text.slice(at);
}

/** What a run says at its end, or null when it never came to that. */
function countsOf(text: string): Counts | null {
  // deno-lint-ignore no-control-regex
  const last = [...text.replace(/\x1b\[[0-9;]*m/g, "").matchAll(SUMMARY)].at(-1);
  if (last === undefined) return null;
  const [, passed, steps, failed, , ignored] = last.map((part) => Number(part ?? 0));
  return { passed: passed!, steps: steps!, failed: failed!, ignored: ignored! };
}
