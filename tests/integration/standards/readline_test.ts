/** Lines of given streams by node:readline; the values are those that Node 20 gives the same code. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const SCENES = String.raw`import readline from "node:readline";
import * as promises from "node:readline/promises";
import { Readable, PassThrough, Writable } from "node:stream";
import { promisify } from "node:util";
async function scenes() {
  const seen = {};
  const linesOf = (chunks, options = {}) => new Promise((resolve) => {
    const lines = [];
    readline.createInterface({ input: Readable.from(chunks), ...options }).on("line", (line) => lines.push(line))
      .on("close", () => resolve(lines));
  });
  seen.events = await linesOf(["one\ntw", "o\r\nthree\rfour\u2028five", "\n\nlast"]);
  seen.split = await linesOf([Buffer.from("a\r"), Buffer.from("\nb\u00e9").subarray(0, 3), Buffer.from("é").subarray(1), "\n"], { crlfDelay: Infinity });
  seen.empty = await linesOf([]);
  seen.iterated = [];
  for await (const line of readline.createInterface({ input: Readable.from(["x\ny\n", "z"]), crlfDelay: Infinity })) {
    await null; seen.iterated.push(line);
  }
  const many = readline.createInterface(Readable.from([("n\n").repeat(5000)]));
  let count = 0;
  for await (const line of many) { await null; if (line === "n") count++; }
  seen.count = count;
  const left = readline.createInterface({ input: Readable.from(["x\ny\n", "z"]) });
  for await (const _ of left) break;
  seen.left = left.closed;
  const failing = new Readable({ read() { this.push("a\n"); this.destroy(new Error("broken")); } });
  try { for await (const line of readline.createInterface({ input: failing })) seen.before = line; seen.failed = null; } catch (error) { seen.failed = error.message; }
  const input = new PassThrough();
  const written = [];
  const output = new Writable({ write(chunk, _, done) { written.push(String(chunk)); done(); } });
  const rl = readline.createInterface({ input, output, prompt: "? " });
  const answer = new Promise((resolve) => rl.question("name: ", resolve));
  input.write("Ada\nrest\n");
  seen.answer = await answer;
  rl.on("line", (line) => { seen.rest = line; });
  rl.prompt();
  const second = promisify(rl.question).call(rl, "age: ");
  input.write("36\n");
  seen.second = await second;
  const events = [];
  for (const name of ["pause", "resume", "close"]) rl.on(name, () => events.push(name));
  rl.pause(); rl.resume(); rl.write("typed\n"); rl.close(); rl.close();
  try { rl.question("x", () => {}); } catch (error) { seen.late = error.code; }
  seen.events2 = events; seen.written = written.splice(0); seen.prompt = rl.getPrompt(); seen.terminal = rl.terminal; seen.rest2 = seen.rest;
  const asked = promises.createInterface({ input: Readable.from(["blue\ngreen\n"]), output });
  seen.colours = [await asked.question("1? ")];
  asked.close();
  const control = new AbortController();
  const waits = promises.createInterface({ input: new PassThrough(), output });
  const pending = waits.question("never? ", { signal: control.signal });
  control.abort();
  seen.aborted = await pending.then(String, (error) => [error.name, error.code]);
  waits.close();
  const stop = new AbortController();
  const stopped = readline.createInterface({ input: new PassThrough(), signal: stop.signal });
  const closed = new Promise((resolve) => stopped.on("close", () => resolve(true)));
  stop.abort();
  seen.stopped = await closed;
  const one = new promises.Readline(output);
  await one.cursorTo(1, 2).clearLine(0).moveCursor(-1, 2).clearScreenDown().commit();
  await new Promise((resolve) => readline.cursorTo(output, 3, resolve));
  readline.clearLine(output, 1); readline.moveCursor(output, 0, 0);
  seen.moves = written;
  seen.same = [readline.promises.createInterface === promises.createInterface, new promises.Interface({ input: new PassThrough() }) instanceof readline.Interface];
  return seen;
}
export default { fetch: async () => Response.json(await scenes()) };
`;

const OWN = `
import { createInterface } from "node:readline";
import * as promises from "node:readline/promises";
import { PassThrough } from "node:stream";
export default { async fetch() {
  const lines = [];
  for await (const line of createInterface({ input: process.stdin })) lines.push(line);
  const rl = promises.createInterface({ input: new PassThrough(), output: process.stdout, terminal: true });
  const waits = rl.question("Who is there?").catch((error) => [error.name, error.cause.message]);
  rl.close();
  let refused;
  try { createInterface({ input: {} }); } catch (error) { refused = error.code; }
  return Response.json({ lines, closed: await waits, refused, terminal: rl.terminal });
} };`;

Deno.test("readline tells the lines of any readable stream and asks questions, as Node does", async () => {
  await using project = await TempProject.create({ app: { files: { "index.js": SCENES } } });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("app")).json(), {
    "events": ["one", "two", "three", "four\u2028five", "", "last"],
    "split": ["a", "b\u00e9"],
    "empty": [],
    "iterated": ["x", "y", "z"],
    "count": 5000,
    "left": true,
    "before": "a",
    "failed": "broken",
    "answer": "Ada",
    "second": "36",
    "rest": "typed",
    "late": "ERR_USE_AFTER_CLOSE",
    "events2": ["pause", "resume", "pause", "close"],
    "written": ["name: ", "? ", "age: "],
    "prompt": "? ",
    "terminal": false,
    "rest2": "typed",
    "colours": ["blue"],
    "aborted": ["AbortError", "ABORT_ERR"],
    "stopped": true,
    "moves": ["1? ", "never? ", "\r\n", "\u001b[3;2H\u001b[2K\u001b[1D\u001b[2B\u001b[0J", "\u001b[4G", "\u001b[0K"],
    "same": [true, false],
  });
});

Deno.test("readline pretends no terminal: the input of an app is at its end, and an open question ends with its interface", async () => {
  await using project = await TempProject.create({ app: { files: { "index.js": OWN } } });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("app")).json(), {
    lines: [],
    closed: ["AbortError", "readline was closed"],
    refused: "ERR_INVALID_ARG_TYPE",
    terminal: false,
  });
  await nano.waitForEvent(({ event, text }) => event === "app_log" && text === "Who is there?");
});
