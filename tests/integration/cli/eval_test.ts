/** `nano eval`: scripts in a cell of their own, run for real. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { MemoryIo, run } from "../../unit/admin/cli/memory_io.ts";
import { NanoProcess } from "../../support/nano_process.ts";

async function inFolder(files: Readonly<Record<string, string>>, test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "nano-eval-test-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = `${dir}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("nano eval runs TypeScript with top-level await, imports, arguments and variables, and prints its value", async () => {
  const script = `
import { double } from "./lib/double.ts";
import { name } from "pack";
const given: number = await Promise.resolve(21);
console.log("args", Deno.args.join("+"), process.argv.slice(2).join("+"));
console.debug("env", JSON.stringify(Deno.env.toObject()), Deno.env.get("HOME"), Deno.env.get("PATH"));
console.warn("careful");
setTimeout(() => console.log("late"), 50);
export default { answer: double(given), name };
`;
  const files = {
    "job.ts": script,
    "lib/double.ts": "export const double = (n: number) => n * 2;",
    "package.json": '{ "dependencies": { "pack": "1.0.0" } }',
    "node_modules/pack/package.json": '{ "name": "pack", "version": "1.0.0", "main": "index.js" }',
    "node_modules/pack/index.js": 'exports.name = "packed";',
  };
  await inFolder(files, async (dir) => {
    const io = new MemoryIo(dir, { HOME: "/secret" });
    const { code, out, err } = await run(["eval", "job.ts", "--env", "A=b=c", "--env=B=", "--", "one", "--two"], io);
    assertEquals([code, err], [0, "careful"]);
    const lines = ["args one+--two one+--two", 'env {"A":"b=c","B":""} undefined undefined', "late"];
    assertEquals(out, [...lines, "{ answer: 42, name: 'packed' }"].join("\n"));
  });
});

Deno.test("nano eval takes code from an option or from standard input, and prints texts as they are", async () => {
  assertEquals(await run(["eval", "--code", 'export default "a text"']), { code: 0, out: "a text", err: "" });
  const piped = new MemoryIo("/", {}, { stdin: "const n: number = 6;\nexport default Promise.resolve(n * 7);" });
  assertEquals(await run(["eval", "-"], piped), { code: 0, out: "42", err: "" });
  const handler = await run(["eval", "--code", "export default { fetch: () => new Response() }"]);
  assertEquals([handler.code, handler.out], [0, ""]);
  assertMatch(handler.err, /exports a handler; "nano dev" serves it/);
  assertEquals(await run(["eval", "--code", "export const nothing = 1;"]), { code: 0, out: "", err: "" });
});

Deno.test("nano eval shows what a script throws with the lines of its own files, and fails", async () => {
  const files = {
    "src/bad.ts": `interface Shape {\n  a: number;\n}\n\nexport function deep(x: Shape): never {\n` +
      `  throw new TypeError("no " + x.a, { cause: new Error("inner") });\n}\n`,
    "src/run.ts": 'import { deep } from "./bad.ts";\n\ndeep({ a: 1 });\n',
  };
  await inFolder(files, async (dir) => {
    const { code, out, err } = await run(["eval", "src/run.ts"], new MemoryIo(dir));
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /^TypeError: no 1\n {4}at deep \(\.\/src\/bad\.ts:6:9\)\n {4}at \.\/src\/run\.ts:3:1/);
    assertMatch(err, /\[cause\]: Error: inner/);
    assert(!err.includes("__eval__"), err);
  });
  const late = await run([
    "eval",
    "--code",
    'setTimeout(() => { throw new RangeError("late") }, 5);\nawait new Promise(() => {});',
  ]);
  assertEquals([late.code, late.err], [1, "Uncaught: RangeError: late\n    at script.ts:1:26"]);
  const forgotten = await run([
    "eval",
    "--code",
    'Promise.reject(new Error("forgotten"));\nawait new Promise(() => {});',
  ]);
  assertEquals(forgotten.code, 1);
  assertMatch(forgotten.err, /Uncaught \(in promise\): Error: forgotten\n {4}at script\.ts:1:16/);
  const handled = 'addEventListener("unhandledrejection", (e) => e.preventDefault());\nPromise.reject(1);\n' +
    'await new Promise((done) => setTimeout(done, 20));\nexport default "lived";';
  assertEquals(await run(["eval", "--code", handled]), { code: 0, out: "lived", err: "" });
  const syntax = await run(["eval", "--code", "const x: = 1"]);
  assertEquals(syntax.code, 1);
  assertMatch(syntax.err, /script\.ts:1:10: Unexpected "="/);
});

Deno.test("nano eval ends a script that hits a limit, and tells the code", async () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ["const all = []; for (;;) all.push(new Array(1e5).fill(1.5));", ["--memory-mb", "32"], "APP_OUT_OF_MEMORY"],
    ["for (;;);", ["--cpu-ms", "200"], "APP_UNRESPONSIVE"],
    ["await new Promise(() => {});", ["--timeout-ms", "300"], "REQUEST_TIMEOUT"],
    ["setInterval(() => {}, 10);", ["--timeout-ms", "300"], "REQUEST_TIMEOUT"],
  ];
  for (const [script, options, expected] of cases) {
    const { code, out, err } = await run(["eval", "--code", script, ...options]);
    assertEquals([code, out], [1, ""], script);
    assertMatch(err, new RegExp(`^nano: Cannot .*\\(${expected}\\)$`), script);
  }
});

Deno.test("nano eval holds a script to the sandbox and to the outbound policy of an app", async () => {
  const reach = (what: string) => `try { ${what}; console.log("reached"); } catch (error) { console.log(error.name); }`;
  const files = await run(["eval", "--code", reach('await Deno.readTextFile("/etc/passwd")')]);
  assertEquals([files.code, files.out], [0, "NotFound"]);
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("inside"));
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const script = `export default await fetch("${url}").then((r) => r.text(), (error) => error.name)`;
  assertEquals((await run(["eval", "--code", script])).out, "TypeError");
  assertEquals((await run(["eval", "--code", script, "--outbound", "any"])).out, "inside");
  assertEquals((await run(["eval", "--code", script, "--outbound", "127.0.0.1,example.com"])).out, "inside");
  assertEquals((await run(["eval", "--code", script, "--outbound=none"])).out, "TypeError");
});

Deno.test("nano eval refuses wrong use with code 2", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /Argument SCRIPT is missing/],
    [["a.ts", "--code", "1"], /give one of them/],
    [["/nowhere/a.ts"], /Cannot run "\/nowhere\/a.ts": there is no such file/],
    [["--code", "1", "--env", "=x"], /"--env" needs NAME=VALUE, not "=x"/],
    [["--code", "1", "--memory-mb", "1"], /memory_mb is 1: expected a whole number of MiB/],
    [["--code", "1", "--timeout-ms", "soon"], /"--timeout-ms" needs a whole number/],
    [["--code", "1", "--outbound", "http://x/"], /outbound/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await run(["eval", ...args]);
    assertEquals(code, 2, args.join(" "));
    assertMatch(err, message);
  }
});

Deno.test("nano eval as a process ends by Ctrl+C at once and leaves nothing behind", async () => {
  const temp = await Deno.makeTempDir({ prefix: "nano-eval-temp-" });
  try {
    await using nano = await NanoProcess.spawn(
      ["eval", "--code", 'console.log("begun"); await new Promise(() => {});'],
      { env: { TMPDIR: temp } },
    );
    const deadline = performance.now() + 120_000;
    while (!nano.strayLines.includes("begun")) {
      assert(performance.now() < deadline, nano.stderr);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    nano.signal("SIGINT");
    const { code } = await nano.status();
    assertEquals([code, nano.stderr], [1, "nano: Interrupted\n"]);
    assertEquals(
      [...Deno.readDirSync(temp)].map(({ name }) => name).filter((name) => name.startsWith("nano_eval_")),
      [],
    );
  } finally {
    await Deno.remove(temp, { recursive: true });
  }
});
