/** Buffers that are handed over arrive and are gone where they were, and none stays in the process when nobody reads them. */
import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { restingFigures } from "../../bench/process_figures.ts";
import { until } from "../life/until.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `
const sent = (message, transfer) => new Promise((resolve, reject) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => { port1.close(); resolve(data); };
  try { port2.postMessage(message, transfer); } catch (error) { port1.close(); reject(error); }
});
const kept = [];
const three = () => Uint8Array.of(1, 2, 3).buffer;
const wasm = () => new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
const tried = async (look) => { try { return await look(); } catch (error) { return error.name; } };
const told = (one, old) => [...new Uint8Array(one)].join("") + " " + old.byteLength + old.detached;
const looks = [
  async () => { const b = three(); return told(await sent(b, [b]), b); },
  async () => { const b = three(); return told(await sent({ b }, { transfer: [b] }).then(({ b }) => b), b); },
  async () => { const b = three(); const v = new Uint8Array(b, 1); const { got, same } = await sent({ got: v, same: b }, [b]); return [...got].join("") + (got.buffer === same) + v.byteLength; },
  () => { const b = three(); return told(structuredClone(b, { transfer: [b] }), b); },
  async () => { const b = three(); const { port1 } = new MessageChannel(); const got = await sent({ b, port1 }, [port1, b]); port1.close(); return told(got.b, b) + got.port1.constructor.name; },
  async () => { const b = three(); await sent(1, [b]); return b.detached; },
  async () => { const b = new ArrayBuffer(2, { maxByteLength: 9 }); const got = await sent(b, [b]); return got.resizable + " " + got.maxByteLength; },
  async () => { const b = three(); const s = new Blob(["ab"]).stream(); const got = await sent({ b, s }, [b, s]); return told(got.b, b) + await new Response(got.s).text(); },
  () => { const b = three(); return sent(b, [b, b]); },
  async () => { const b = three(); await sent(b, [b]); await sent(0, [b]); },
  () => sent(0, [new WebAssembly.Memory({ initial: 1 }).buffer]),
  async () => (await sent(new SharedArrayBuffer(3))).byteLength,
  async () => (await sent({ module: wasm() })).module.constructor.name,
  async () => (await sent({ key: await crypto.subtle.importKey("raw", three(), { name: "HMAC", hash: "SHA-1" }, true, ["sign"]) })).key.type,
];
export default { async fetch(request) {
  if (new URL(request.url).pathname === "/flood") {
    for (let at = 0; at < 16; at++) {
      const { port1, port2 } = new MessageChannel();
      kept.push(port1, port2);
      const b = new Uint8Array(4 * 1024 * 1024).fill(1).buffer;
      port1.postMessage(b, [b]);
    }
    for (;;); // until it is ended
  }
  const seen = [];
  for (const look of looks) seen.push(String(await tried(look)));
  return Response.json(seen);
} };`;

Deno.test("Buffers that are handed over arrive, and are gone where they were", async () => {
  await using project = await TempProject.create({ app: { files: { "index.js": APP } } });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("app")).json(), [
    "123 0true",
    "123 0true",
    "23true0",
    "123 0true",
    "123 0trueMessagePort",
    "true",
    "true 9",
    "123 0trueab",
    "DataCloneError",
    "DataCloneError",
    "TypeError",
    "3",
    "Module",
    "secret",
  ]);
});

Deno.test("Buffers of messages that an isolate has not read when it is killed do not stay in the process", async () => {
  const config = { cpu_ms: 300, memory_mb: 128, external_mb: 512 };
  await using project = await TempProject.create({ app: { files: { "index.js": APP }, config } });
  await using nano = await NanoProcess.start(project.configFile);
  const flood = async () => {
    await until(async () => {
      const answer = await nano.fetch("app");
      await answer.body?.cancel();
      return answer.ok;
    }, "the app serves");
    const answer = await nano.fetch("app", "/flood");
    await answer.body?.cancel();
    // Whichever limit it meets first: what is not read is nobody's report.
    assertMatch(answer.headers.get("nano-error")!, /^APP_(UNRESPONSIVE|OUT_OF_MEMORY)$/);
  };
  await flood();
  const before = (await restingFigures(nano.pid)).residentMb;
  for (let at = 0; at < 4; at++) await flood();
  // 256 MB were handed over.
  assertLess((await restingFigures(nano.pid)).residentMb - before, 128);
});
