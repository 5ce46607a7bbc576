/** Streams that are handed over, by themselves or within something, arrive; without that they cannot be copied. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `
const text = () => new ReadableStream({ pull(out) { out.enqueue("a"); out.close(); } });
const all = async (stream) => (await Array.fromAsync(stream)).join("");
const sent = (message, transfer) => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => { port1.close(); resolve(data); };
  port2.postMessage(message, transfer);
});
const tried = async (look) => { try { return await look(); } catch (error) { return error.name; } };
const looks = [
  () => { const stream = text(); return all(structuredClone(stream, { transfer: [stream] })); },
  () => { const stream = text(); return all(structuredClone({ stream }, { transfer: [stream] }).stream); },
  async () => { const stream = text(); return all(await sent(stream, [stream])); },
  async () => { const stream = new WritableStream(); return (await sent(stream, [stream])).constructor.name; },
  async () => { const pair = new TransformStream(); return (await sent(pair, [pair])).constructor.name; },
  () => { const stream = text(); stream.getReader(); structuredClone(stream, { transfer: [stream] }); },
  () => structuredClone(text()),
  () => structuredClone(text(), { transfer: [text()] }),
  () => structuredClone(new Headers(), { transfer: [text()] }),
];
export default { async fetch() {
  const seen = [];
  for (const look of looks) seen.push(await tried(look));
  return Response.json(seen);
} };`;

Deno.test("A stream that is handed over is one at the other end", async () => {
  await using project = await TempProject.create({ app: { files: { "index.js": APP } } });
  await using nano = await NanoProcess.start(project.configFile);
  const arrived = ["a", "a", "a", "WritableStream", "TransformStream"];
  assertEquals(await (await nano.fetch("app")).json(), [...arrived, ...Array(4).fill("DataCloneError")]);
});
