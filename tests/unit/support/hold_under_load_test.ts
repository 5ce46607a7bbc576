/** Holds the tests to what lets them pass on a machine that is far too busy: no clock decides, deadlines bound hangs only. */
import { assertEquals } from "@std/assert";
import { fromFileUrl, REPO } from "../../support/repo.ts";

/** Shorter deadlines than this, in ms, meet machines that are merely slow. */
const SHORTEST_MS = 60_000;

/** Asserts that compare a clock, or a figure by one of the names that times have. */
const CLOCK_ASSERTS = [
  /assert\w*\([^\n]*\b(?:performance|Date)\.now\(\)[^\n]* [<>]=? /,
  /assert\w*\([^\n]*\b(?:ms|\w+Ms|seconds|took|elapsed|best|p50|p99|times)\b\)?[^\n,"`]{0,20} [<>]=? /,
];
const DEADLINES = [
  /const \w*DEADLINE\w* = ([\d_]+);/,
  /waitForEvent\([^\n]*?, ([\d_]+)(?:, \w+)?\)/,
  /until\([^\n]*"[^"\n]*", ([\d_]+)\)/,
];

/** Lines that look so and are right: one deadline, and figures that are compared with each other. */
const RIGHT = [
  "eval_test.ts: assert(performance.now() < deadline, nano.stderr);",
  "stdout_sink_test.ts: assert(slow.blockedMs > 0);",
  "spans_test.ts: assert(span.durationMs >= client.durationMs, `${span.durationMs} ms around ${client.durationMs} ms`);",
];

async function linesThat(fits: (line: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  const folders = [fromFileUrl(new URL("tests", REPO))];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) {
        if (name !== "bench") folders.push(path);
        continue;
      }
      if (!name.endsWith(".ts") || name === "hold_under_load_test.ts") continue;
      for (const line of (await Deno.readTextFile(path)).split("\n")) {
        if (fits(line)) found.push(`${name}: ${line.trim()}`);
      }
    }
  }
  return found.filter((line) => !RIGHT.includes(line)).sort();
}

Deno.test("No test outside of the bench asserts how long something takes", async () => {
  assertEquals(await linesThat((line) => CLOCK_ASSERTS.some((pattern) => pattern.test(line))), []);
});

Deno.test("Deadlines of the tests bound hangs only", async () => {
  const found = await linesThat((line) =>
    DEADLINES.some((pattern) => Number(pattern.exec(line)?.[1]?.replaceAll("_", "") ?? SHORTEST_MS) < SHORTEST_MS)
  );
  assertEquals(found, []);
});
