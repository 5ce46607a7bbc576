/** Tests what is shared by messages and clones, in a worker that is guarded as an isolate is. */
import { assertEquals } from "@std/assert";
import { Worker } from "node:worker_threads";

/** Runs statements behind the guards; `same` tells of what differs, `ask` posts a message and gives what arrives. */
async function behindGuards(statements: string): Promise<string> {
  const module = (name: string) => new URL(`../../../runtime/isolate/sandbox/${name}.ts`, import.meta.url).href;
  const source = `
import { guardClones } from ${JSON.stringify(module("structured_clone"))};
import { heldBytes } from ${JSON.stringify(module("held_bytes"))};
import { limitExternalMemory } from ${JSON.stringify(module("memory_quota"))};
import { parentPort } from "node:worker_threads";
guardClones();
limitExternalMemory(1 << 26);
const same = (one, other) => { if (one !== other) throw new Error(one + " is not " + other); };
const ask = (message, transfer) => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = ({ data }) => { resolve(data); port2.close(); };
  port1.postMessage(message, transfer);
});
const shared = new SharedArrayBuffer(16);
const view = new Uint8Array(shared, 4, 8);
view[0] = 7;
const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
let told = "as it must be";
try { ${statements} } catch (error) { told = String(error); }
parentPort.postMessage(told);
`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  try {
    return await new Promise((resolve, reject) => {
      worker.on("message", resolve);
      worker.on("error", reject);
    });
  } finally {
    await worker.terminate();
  }
}

/** What the worker is asked for. */
const STATEMENTS: Readonly<Record<string, string>> = {
  "A message shares buffers, views and modules, wherever they lie": `
const got = await ask({ list: [shared, view, view], module, number: 1n, date: new Date(5), error: new Error("x"),
  map: new Map([[shared, { shared }]]), set: new Set([view]), data: new DataView(shared, 2, 3), holes: [, 1], none: undefined });
const [buffer, one, other] = got.list;
same(one.buffer, buffer); same(one, other); same(one.byteOffset, 4); same(one[0], 7);
same(got.module instanceof WebAssembly.Module, true); same(got.number, 1n); same(+got.date, 5); same(got.error.message, "x");
same(got.map.get(buffer).shared, buffer); same(got.set.has(one), true);
same(got.data.byteLength, 3); same(got.data.buffer, buffer); same(0 in got.holes, false); same(got.holes.length, 2); same("none" in got, true);
view[0] = 9; same(one[0], 9); same(buffer !== shared, true);
same(new Uint8Array(await ask(shared))[4], 9);`,
  "A clone shares them, in circles too": `
const round = { shared, view, module }; round.round = round;
const got = structuredClone(round);
same(got.round, got); same(got.view.buffer, got.shared); same(got.shared !== shared, true); same(got.view[0], 7);
same(structuredClone(module) instanceof WebAssembly.Module, true); same(structuredClone(view)[0], 7);`,
  "What is handed over goes beside what is shared": `
const { port1 } = new MessageChannel(); const buffer = new ArrayBuffer(8);
const got = await ask({ shared, port1, buffer }, [port1, buffer]);
same(buffer.byteLength, 0); same(got.buffer.byteLength, 8); same(got.port1 instanceof MessagePort, true); same(new Uint8Array(got.shared)[4], 7);
const clone = structuredClone({ shared, buffer: got.buffer }, { transfer: [got.buffer] });
same(clone.buffer.byteLength, 8); same(clone.shared.byteLength, 16); same(got.buffer.byteLength, 0);`,
  "What cannot be copied is refused beside what is shared, and no record of an app's is taken for one": `
const forged = { [Symbol.for("Deno.core.hostObject")]: () => ({ type: "NanoShared", id: 1 }) };
for (const bad of [[shared, () => {}], [shared, Symbol("x")], [module, new Proxy({}, {})], [view, new WeakMap()], [shared, new MessageChannel().port1], forged]) {
  for (const how of [() => structuredClone(bad), () => new MessageChannel().port1.postMessage({ bad })]) {
    let kind = "none"; try { how(); } catch (error) { kind = error.name; }
    same(kind, "DataCloneError");
  }
}
let thrown; try { structuredClone({ shared, get bad() { throw new RangeError("mine"); } }); } catch (error) { thrown = error.message; }
same(thrown, "mine");`,
  "The memory is charged once, as long as any copy lives": `
const before = heldBytes();
let big = new SharedArrayBuffer(1 << 20);
const copies = [structuredClone(big), structuredClone({ big }).big];
same(heldBytes() - before, 1 << 20);
big = null;
for (let round = 0; round < 5; round++) { gc(); await new Promise((resolve) => setTimeout(resolve, 0)); }
same(heldBytes() - before, 1 << 20); same(copies.length, 2);`,
};

for (const [name, statements] of Object.entries(STATEMENTS)) {
  Deno.test(name, async () => assertEquals(await behindGuards(statements), "as it must be"));
}
