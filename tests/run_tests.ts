/**
 * `deno task test`: two halves in a process each, at once: most tests wait more than they compute. With arguments it is
 * `deno test` with these.
 */
import { HOST_FLAGS } from "../admin/guardian/guard.ts";
import { startReaper } from "./support/reaper.ts";

/** One half, which takes about as long as all that is not named here. */
const FIRST_HALF = [
  "tests/hostile",
  ...["bodies", "bundle", "crons", "dev", "door", "life"].map((name) => `tests/integration/${name}`),
];
/** No tests of NANO: see "test" in deno.json. */
const NO_TESTS = ["tests/bench", "tests/fixtures", "tests/support"];
/** As `deno test` ends: "ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)". */
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \((\d+) steps?\))? \| (\d+) failed(?: \((\d+) steps?\))?(?: \| (\d+) ignored)?/gm;

interface Counts {
  readonly passed: number;
  readonly steps: number;
  readonly failed: number;
  readonly ignored: number;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  // All that the tests start inherits it
  for (const [name, mark] of Object.entries(startReaper())) Deno.env.set(name, mark);
  if (args.length > 0) return (await run(args, { live: true })).code;
  const began = performance.now();
  const [first, rest] = await Promise.all([
    run(FIRST_HALF, { live: true }),
    run(await secondHalf(), { live: false }),
  ]);
  console.log(rest.text);
  const all = [countsOf(first.text), countsOf(rest.text)];
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + (counts?.[key] ?? 0), 0);
  const isOk = first.code === 0 && rest.code === 0 && !all.includes(null);
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(
    `${isOk ? "ok" : "FAILED"} | ${sum("passed")} passed (${sum("steps")} steps) | ${sum("failed")} failed | ` +
      `${sum("ignored")} ignored (${Math.floor(seconds / 60)}m${seconds % 60}s)`,
  );
  return isOk ? 0 : 1;
}

/** What is in tests/ and tests/integration/ and in no other list. */
async function secondHalf(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ["tests", "tests/integration"]) {
    for await (const { name, isDirectory } of Deno.readDir(new URL(`../${folder}`, import.meta.url))) {
      const path = `${folder}/${name}`;
      const isOther = path !== "tests/integration" && !FIRST_HALF.includes(path) && !NO_TESTS.includes(path);
      if (isDirectory ? isOther : name.endsWith("_test.ts")) found.push(path);
    }
  }
  return found.sort();
}

/** Runs `deno test`; live output is shown as it comes. */
async function run(args: readonly string[], { live }: { live: boolean }): Promise<{ code: number; text: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...HOST_FLAGS, ...args],
    cwd: new URL("../", import.meta.url),
    stdin: "null",
    stdout: "piped",
    stderr: live ? "inherit" : "piped",
  }).spawn();
  const errors = live ? null : new Response(child.stderr).text();
  const decoder = new TextDecoder();
  const show = live ? Deno.stdout.writable.getWriter() : null;
  let text = "";
  for await (const bytes of child.stdout) {
    const part = decoder.decode(bytes, { stream: true });
    text += part;
    if (show !== null) await show.write(bytes);
    // The rest of it comes at the end; a failure is told at once.
    else for (const line of part.split("\n")) if (line.includes("... FAILED")) console.log(line);
  }
  show?.releaseLock();
  const { code } = await child.status;
  return { code, text: await errors === null ? text : `${await errors}${text}` };
}

/** What a run says at its end, or null when it never came to that. */
function countsOf(text: string): Counts | null {
  // deno-lint-ignore no-control-regex
  const last = [...text.replace(/\x1b\[[0-9;]*m/g, "").matchAll(SUMMARY)].at(-1);
  if (last === undefined) return null;
  const [, passed, steps, failed, , ignored] = last.map((part) => Number(part ?? 0));
  return { passed: passed!, steps: steps!, failed: failed!, ignored: ignored! };
}
