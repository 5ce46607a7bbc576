/** Buffers that are handed over arrive and are gone where they were, and nothing shared is left in the process' store. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `
const sent = (message, transfer) => new Promise((resolve, reject) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => { port1.close(); resolve(data); };
  try { port2.postMessage(message, transfer); } catch (error) { port1.close(); reject(error); }
});
const three = () => Uint8Array.of(1, 2, 3).buffer;
const tried = async (look) => { try { return await look(); } catch (error) { return error.name; } };
const told = (one, old) => [...new Uint8Array(one)].join("") + " " + old.byteLength + old.detached;
const looks = [
  async () => { const b = three(); return told(await sent(b, [b]), b); },
  async () => { const b = three(); const v = new Uint8Array(b, 1); const { got, same } = await sent({ got: v, same: b }, [b]); return [...got].join("") + (got.buffer === same) + v.byteLength; },
  () => { const b = three(); return told(structuredClone(b, { transfer: [b] }), b); },
  () => { const b = three(); structuredClone(null, { transfer: [b] }); return b.detached; },
  async () => { const b = three(); const { port1 } = new MessageChannel(); const got = await sent({ b, port1 }, [port1, b]); return told(got.b, b) + got.port1.constructor.name; },
  () => { const b = new ArrayBuffer(2, { maxByteLength: 9 }); const got = structuredClone(b, { transfer: [b] }); return got.resizable + " " + got.maxByteLength; },
  () => { const b = three(); structuredClone(b, { transfer: [b, b] }); },
  () => { const b = three(); structuredClone(b, { transfer: [b] }); structuredClone(0, { transfer: [b] }); },
  () => structuredClone(0, { transfer: [new WebAssembly.Memory({ initial: 1 }).buffer] }),
  () => structuredClone(new SharedArrayBuffer(3)).byteLength,
  () => structuredClone(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))).constructor.name,
  () => sent(new SharedArrayBuffer(3)),
  () => structuredClone({ shared: new SharedArrayBuffer(3) }),
  () => structuredClone({ shared: new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)) }),
  async () => (await crypto.subtle.exportKey("raw", structuredClone({ key: await crypto.subtle.importKey("raw", three(), { name: "HMAC", hash: "SHA-1" }, true, ["sign"]) }).key)).byteLength,
];
export default { async fetch() {
  const seen = [];
  for (const look of looks) seen.push(String(await tried(look)));
  return Response.json(seen);
} };`;

Deno.test("Buffers that are handed over arrive, and are gone where they were; what is shared stays where it is", async () => {
  await using project = await TempProject.create({ app: { files: { "index.js": APP } } });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("app")).json(), [
    "123 0true",
    "23true0",
    "123 0true",
    "true",
    "123 0trueMessagePort",
    "true 9",
    ...Array(3).fill("DataCloneError"),
    "3",
    "Module",
    ...Array(3).fill("DataCloneError"),
    "3",
  ]);
});
