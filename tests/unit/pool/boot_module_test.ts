/** How the bootstrap comes into an isolate's thread. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Worker } from "node:worker_threads";
import { BOOT_MODULE } from "../../../runtime/pool/boot_module.ts";

/** A thread starts in under a second; this is for the busiest machine. */
const DEADLINE_MS = 120_000;

/** The first message of a thread that is started with this bootstrap, or the message of its end. */
async function firstWord(bootSource: string): Promise<unknown> {
  // A port of its own, as isolates have: beside other tests, some starts never told of themselves by parentPort in
  // Deno 2.9.6, whatever its module was. It keeps the thread until that is ended, too.
  const { port1, port2 } = new MessageChannel();
  const source = `import { workerData as given } from "node:worker_threads";\nconst { port } = given;\n` +
    `port.on("message", () => {});\n${bootSource}`;
  const worker = new Worker(BOOT_MODULE, {
    workerData: { bootSource: source, port: port2 },
    // deno-lint-ignore no-explicit-any -- Deno's own MessagePort is not the one of node's types
    transferList: [port2 as any],
    env: {},
  });
  try {
    return await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("The thread says nothing")), DEADLINE_MS);
      const settle = (word: unknown) => {
        clearTimeout(late);
        resolve(word);
      };
      port1.onmessage = ({ data }) => settle(data);
      worker.on("error", (error: Error) => settle(error.message));
    });
  } finally {
    port1.close();
    await worker.terminate();
  }
}

Deno.test("The bootstrap runs as a module of a short name, and finds its text nowhere", async () => {
  assert(BOOT_MODULE.href.length < 2000, "every character of it is held twenty times in every isolate");
  const told = await firstWord(`
    import { workerData } from "node:worker_threads";
    port.postMessage([import.meta.url, Object.keys(workerData), new Error().stack]);
  `);
  const [url, data, stack] = told as [string, string[], string];
  assertEquals([url, data], ["nano:boot", ["port"]]);
  assertMatch(stack, /^Error\n +at nano:boot:\d+:\d+$/m);
});

Deno.test("What the bootstrap registers decides alone once it has run", async () => {
  const told = await firstWord(`
    import { registerHooks } from "node:module";
    registerHooks({
      resolve: (name, context, next) => name === "app:x" ? { url: name, shortCircuit: true } : next(name, context),
      load: (url, context, next) => url === "app:x"
        ? { format: "module", source: "export default 7;", shortCircuit: true }
        : next(url, context),
    });
    setTimeout(async () => {
      const { default: own } = await import("app:x");
      port.postMessage([own, await import("nano:boot?again").catch((error) => error instanceof TypeError)]);
    });
  `);
  assertEquals(told, [7, true]);
});

Deno.test("A bootstrap that throws, or is no module, ends the thread with its message", async () => {
  assertMatch(String(await firstWord("throw new Error('boom');")), /boom/);
  assertMatch(String(await firstWord("this is no code")), /Unexpected|Expected|SyntaxError/i);
});
