/** Holds the tasks of deno.json to the flags that the guardian gives its host. */
import { assertEquals } from "@std/assert";
import { HOST_FLAGS } from "../../admin/guardian/guard.ts";
import { compileArgs } from "../../docs/deploy/compile.ts";
import { REPO } from "../support/repo.ts";

const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", REPO)));

for (
  const [name, rest] of [["start", "admin/cli/main.ts start"], ["dev", "admin/cli/main.ts dev"], [
    "nano",
    "admin/cli/main.ts",
  ]] as const
) {
  Deno.test(`Task "${name}" runs the command line with the flags of the host`, () => {
    assertEquals(tasks[name].command, `deno run ${HOST_FLAGS.join(" ")} ${rest}`);
  });
}

Deno.test('Task "compile" bakes the flags of the host into the binary', () => {
  assertEquals(tasks.compile.command, "deno run -A docs/deploy/compile.ts");
  assertEquals(compileArgs({ output: "nano", exclude: [] }).slice(0, 1 + HOST_FLAGS.length), [
    "compile",
    ...HOST_FLAGS,
  ]);
});

Deno.test('Task "test" runs what it starts in-process with the flags of the host', async () => {
  assertEquals(tasks.test.command, "deno run -A tests/run_tests.ts");
  assertEquals(tasks["test:hostile"].command, `NANO_CORPUS=all ${tasks.test.command} --parallel tests/hostile/corpus`);
  const source = await Deno.readTextFile(new URL("tests/run_tests.ts", REPO));
  assertEquals(source.match(/\["test", .*?\]/g), [
    '["test", ...HOST_FLAGS, ...args]',
    '["test", "--no-check", ...HOST_FLAGS, "--config", "deno.json", ...modules]',
  ]);
});
