import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runConfined } from "../../../runtime/bundle/spawn_confined.ts";

/** Reached only by a child that was not ended. */
const DEADLINE_MS = 60_000;

function run(script: string, timeoutMs = 20_000) {
  return runConfined({ program: "/bin/sh", args: ["-c", script], cwd: "/", env: { OWN: "1" }, timeoutMs });
}

Deno.test("runConfined() hands on nothing of the host's environment but the allow list", async () => {
  Deno.env.set("NANO_TEST_SECRET", "the-secret");
  try {
    const { ok, output } = await run("env >&2");
    const names = output.trim().split("\n").map((line) => line.split("=")[0]!);
    assertEquals(ok, true);
    assert(names.includes("OWN") && names.includes("PATH"));
    for (const name of ["NANO_TEST_SECRET", "HOME", "USER", "NPM_CONFIG_REGISTRY"]) assert(!names.includes(name), name);
  } finally {
    Deno.env.delete("NANO_TEST_SECRET");
  }
});

Deno.test("runConfined() keeps the end of a long output, and gives no input", async () => {
  const { ok, output } = await run("cat; i=0; while [ $i -lt 20000 ]; do echo line-$i >&2; i=$((i+1)); done");
  assertEquals(ok, true);
  assert(output.length <= 65_536, `${output.length}`);
  assertStringIncludes(output, "line-19999\n");
});

Deno.test("runConfined() ends a program that takes too long, and what it has started", async () => {
  const { ok, isLate, output } = await run("sleep 100 & echo $! >&2; wait", 500);
  assertEquals([ok, isLate], [false, true]);
  // A signal takes effect a moment after it was sent; one that was not would leave it for the 100 s of its sleep.
  const signal = AbortSignal.timeout(DEADLINE_MS);
  while (await isRunning(Number(output))) signal.throwIfAborted();
});

Deno.test("runConfined() tells that a program does not exist", async () => {
  const end = await runConfined({ program: "/no/such", args: [], cwd: "/", env: {}, timeoutMs: 5_000 });
  assertEquals([end.ok, end.isLate], [false, false]);
  assertStringIncludes(end.output, "/no/such");
});

/** Who may start programs, and why. */
const STARTERS = [
  // On behalf of apps, with an empty environment.
  "runtime/bundle/spawn_confined.ts",
  // Puts spawnConfined() in the place of what esbuild would call.
  "runtime/bundle/esbuild_process.ts",
  // Runs the SQL of apps: Deno with permissions for the data folder alone, and no environment but where its cache is.
  "runtime/data/sql_process.ts",
  // Starts apps that ask for a process of their own, and tries what this machine has for it: both with no environment.
  "runtime/pool/process_child.ts",
  "runtime/config/process_tools.ts",
  // Looks how much an app keeps, bounds it, packs and unpacks it: du, prlimit, tar, find and sync, with no environment.
  "runtime/machine/system_program.ts",
  // The guardian starts NANO itself, which needs what the operator has set.
  "admin/guardian/guard.ts",
  // The build command of a project, on the machine of who typed it.
  "admin/cli/host/project_build_command.ts",
];

Deno.test("Nobody else starts programs", async () => {
  const found: string[] = [];
  const root = new URL("../../../", import.meta.url);
  async function look(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      const path = `${folder}${name}`;
      if (isDirectory) await look(`${path}/`);
      else if (/\.tsx?$/.test(name)) {
        const text = await Deno.readTextFile(new URL(path, root));
        if (
          /Deno\.Command\b|(?:from |\()["'](?:node:)?child_process["']|\bDeno\.spawn/.test(
            text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, ""),
          )
        ) {
          found.push(path);
        }
      }
    }
  }
  await look("runtime/");
  await look("admin/");
  assertEquals(found.sort(), STARTERS.toSorted());
});

async function isRunning(pid: number): Promise<boolean> {
  try {
    return !/^State:\s[ZX]/m.test(await Deno.readTextFile(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
