/**
 * `deno task test`: whole systems in one process, all else in another, at once: the first mostly waits, so that together
 * they take little longer than it alone. With arguments it is `deno test` with these.
 */
import { HOST_FLAGS } from "../admin/cli/guard.ts";

/** Tests of whole systems; the rest of tests/ is the other half. */
const SYSTEMS = ["hostile", "integration"];
/** No tests of NANO: see "test" in deno.json. */
const NO_TESTS = ["bench", "fixtures", "support"];
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
  if (args.length > 0) return (await run(args, { live: true })).code;
  const began = performance.now();
  const folder = new URL("./", import.meta.url);
  const others: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory ? !SYSTEMS.includes(name) && !NO_TESTS.includes(name) : name.endsWith("_test.ts")) {
      others.push(`tests/${name}`);
    }
  }
  const [systems, rest] = await Promise.all([
    run(SYSTEMS.map((name) => `tests/${name}`), { live: true }),
    run(others.sort(), { live: false }),
  ]);
  console.log(rest.text);
  const all = [countsOf(systems.text), countsOf(rest.text)];
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + (counts?.[key] ?? 0), 0);
  const isOk = systems.code === 0 && rest.code === 0 && !all.includes(null);
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(
    `${isOk ? "ok" : "FAILED"} | ${sum("passed")} passed (${sum("steps")} steps) | ${sum("failed")} failed | ` +
      `${sum("ignored")} ignored (${Math.floor(seconds / 60)}m${seconds % 60}s)`,
  );
  return isOk ? 0 : 1;
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
  let text = "";
  for await (const bytes of child.stdout) {
    if (live) await Deno.stdout.write(bytes);
    text += decoder.decode(bytes, { stream: true });
  }
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
