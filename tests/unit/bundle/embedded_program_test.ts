import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import childProcess from "node:child_process";
import { NanoError } from "../../../runtime/errors.ts";
import { openBuildContext, stopProcess } from "../../../runtime/bundle/esbuild_process.ts";
import { copyOut } from "../../../runtime/bundle/embedded_program.ts";

/** Runs with an own folder for temporary files, and as if compiled. */
async function asBinary(test: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = await Deno.makeTempDir({ prefix: "nano-test-" });
  const { build } = Deno;
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", temporary);
  Object.defineProperty(Deno, "build", { value: { ...build, standalone: true }, configurable: true });
  try {
    await test(temporary);
  } finally {
    Object.defineProperty(Deno, "build", { value: build, configurable: true });
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    await Deno.remove(temporary, { recursive: true });
  }
}

Deno.test("A program that is copied out runs, is for this user only, and is gone when disposed of", async () => {
  await asBinary(async (temporary) => {
    const copy = copyOut("/bin/true");
    assert(copy.path.startsWith(`${temporary}/`), copy.path);
    const folder = copy.path.slice(0, copy.path.lastIndexOf("/"));
    assertEquals([(await Deno.stat(copy.path)).mode! & 0o777, (await Deno.stat(folder)).mode! & 0o777], [0o700, 0o700]);
    assertEquals((await new Deno.Command(copy.path).output()).code, 0);
    copy[Symbol.dispose]();
    await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
  });
});

Deno.test("A program that cannot be copied out leaves nothing and says what to do", async () => {
  await asBinary(async (temporary) => {
    const error = assertThrows(() => copyOut("/nowhere/esbuild"), NanoError);
    assertStringIncludes(error.message, "Cannot copy esbuild out of the binary: ");
    assertStringIncludes(error.message, "; let TMPDIR name a folder where NANO may write");
    assertEquals(await Array.fromAsync(Deno.readDir(temporary)), []);
  });
});

Deno.test("Compiled, esbuild runs from a copy that is gone once it was started", async () => {
  await stopProcess();
  await asBinary(async (temporary) => {
    const context = await openBuildContext({ stdin: { contents: "let a: number = 1", loader: "ts" }, write: false });
    try {
      assertEquals(await Array.fromAsync(Deno.readDir(temporary)), []);
      assertEquals((await context.rebuild()).outputFiles?.[0]?.text, "let a = 1;\n");
      const programs = await runningPrograms();
      assert(programs.some((path) => path.startsWith(`${temporary}/nano-program-`)), programs.join("\n"));
    } finally {
      await context.dispose();
      await stopProcess();
    }
  });
});

Deno.test("esbuild that cannot be started says so, and the next build starts it", async () => {
  await stopProcess();
  const { spawn } = childProcess;
  const options = { stdin: { contents: "let a: number = 1", loader: "ts" }, write: false } as const;
  childProcess.spawn = ((_program: string, ...rest: [string[]]) => spawn("/dev/null", ...rest)) as typeof spawn;
  try {
    const error = await assertRejects(() => openBuildContext(options), NanoError);
    assertMatch(error.message, /^Cannot start esbuild: .*EACCES/);
  } finally {
    childProcess.spawn = spawn;
  }
  const context = await openBuildContext(options);
  try {
    assertEquals((await context.rebuild()).outputFiles?.[0]?.text, "let a = 1;\n");
  } finally {
    await context.dispose();
    await stopProcess();
  }
});

/** What this process' children run, by the kernel's word: "(deleted)" follows the path of a removed file. */
async function runningPrograms(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = await Deno.readTextFile(`/proc/${name}/status`);
      if (status.includes(`\nPPid:\t${Deno.pid}\n`)) found.push(await Deno.readLink(`/proc/${name}/exe`));
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}
