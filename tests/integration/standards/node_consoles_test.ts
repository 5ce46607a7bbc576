/** Consoles of node:console that write to streams; the values are Node's. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `
import whole, { Console, log } from "node:console";
import { PassThrough, Writable } from "node:stream";
const code = (call) => { try { return call(); } catch (error) { return error.code; } };
const sink = () => {
  const texts = [];
  const stream = new Writable({ write(chunk, _, done) { texts.push(String(chunk)); done(); } });
  return { texts, stream };
};
export default { async fetch() {
  const out = sink();
  const errors = sink();
  const one = new Console(out.stream);
  one.log("a %d %o", 1, { x: 1 });
  one.error("to the same");
  const two = new Console({ stdout: out.stream, stderr: errors.stream, inspectOptions: { depth: 0 }, groupIndentation: 1 });
  two.group("group");
  two.info({ a: { b: 1 } });
  two.groupEnd();
  two.warn("warned");
  two.assert(false, "no %s", "x");
  two.table([{ a: 1 }]);
  two.count();
  two.count();
  two.countReset();
  two.count();
  two.countReset("lost");
  two.time("t");
  two.timeEnd("t");
  two.timeEnd("t");
  const time = out.texts.pop();
  const piped = new PassThrough();
  const three = Console(piped);
  three.debug("through");
  new Console(process.stdout, process.stderr).log("into the log");
  new Console({ stdout: new Writable({ write(_, __, done) { done(new Error("broken")); } }) }).log("nowhere");
  log("by name");
  class Mine extends Console {
    twice(text) {
      this.log(text + text);
    }
  }
  new Mine(out.stream).twice("ab");
  const { log: alone } = one;
  alone("without this");
  return Response.json({
    out: out.texts, errors: errors.texts, time: /^t: [\\d.]+m?s\\n$/.test(time), piped: String(piped.read()),
    refused: [code(() => new Console()), code(() => new Console({ stdout: {} }))],
    same: [whole === console, console.Console === Console, one instanceof Console, three instanceof Console, Console.name],
  });
} };`;

const WITHOUT_IMPORT = `
const { Console } = console;
export default { fetch() {
  new Console(process.stdout).log("by a console of no import");
  return new Response(String(new console.Console(process.stderr) instanceof Console));
} };`;

Deno.test("A Console of node:console writes to any writable stream, as Node's does", async () => {
  await using project = await TempProject.create({
    app: { files: { "index.js": APP } },
    without: { files: { "index.js": WITHOUT_IMPORT } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("app")).json(), {
    out: [
      "a 1 { x: 1 }\n",
      "to the same\n",
      "group\n",
      " { a: [Object] }\n",
      "┌─────────┬───┐\n│ (index) │ a │\n├─────────┼───┤\n│ 0       │ 1 │\n└─────────┴───┘\n",
      "default: 1\n",
      "default: 2\n",
      "default: 1\n",
      "abab\n",
      "without this\n",
    ],
    errors: ["warned\n", "Assertion failed: no x\n"],
    time: true,
    piped: "through\n",
    refused: ["ERR_CONSOLE_WRITABLE_STREAM", "ERR_CONSOLE_WRITABLE_STREAM"],
    same: [true, true, true, true, "Console"],
  });
  assertEquals(await (await nano.fetch("without")).text(), "true");
  const logged = (text: string) =>
    nano.waitForEvent((record) => record.event === "app_log" && String(record["text"]).includes(text));
  await logged("into the log");
  await logged("by name");
  await logged("Warning: Count for 'lost' does not exist");
  await logged("Warning: No such label 't' for console.timeEnd()");
  await logged("by a console of no import");
});
