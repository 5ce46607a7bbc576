/** With polyfilled streams: bodies that were read, and what a pipe looks at, as with native ones. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const LOOKS = `
const tried = async (look) => { try { return await look(); } catch (error) { return error.name; } };
const used = async (holder) => { await holder.text(); return [holder.body.locked, holder.bodyUsed]; };
export default { fetch: async () => Response.json(await Promise.all([
  () => used(new Response("x")),
  () => used(new Request("http://x", { method: "POST", body: "x" })),
  async () => { const response = new Response("x"); await response.text(); response.body.getReader(); },
  () => new Response("x").body.locked,
  () => {
    let looks = 0;
    const pair = { get readable() { looks++; }, get writable() { looks++; } };
    try { ReadableStream.prototype.pipeThrough.call({}, pair); } catch { return looks; }
  },
  () => {
    const looks = [];
    const pair = { get readable() { looks.push("readable"); return {}; }, get writable() { looks.push("writable"); } };
    try { new ReadableStream().pipeThrough(pair); } catch (error) { return [...looks, error.name]; }
  },
  async () => {
    const up = new TransformStream({ transform: (text, out) => out.enqueue(text.toUpperCase()) });
    const text = new Response("abc").body.pipeThrough(new TextDecoderStream()).pipeThrough(up);
    return await new Response(text.pipeThrough(new TextEncoderStream())).text();
  },
  () => new ReadableStream() instanceof ReadableStream && typeof ReadableStream,
  async () => {
    const [piped, through] = [new Response("x"), new Response("x")];
    const end = piped.body.pipeTo(new WritableStream());
    through.body.pipeThrough(new TransformStream());
    const looks = [piped.bodyUsed, through.bodyUsed];
    await end;
    return looks;
  },
  () => new Response(null).body,
  async () => { const end = new Response("").body.pipeTo(new WritableStream()); return await end ?? "ended"; },
  async () => {
    const broken = new Response(new ReadableStream({ start: (out) => out.error(new RangeError("broken")) }));
    await broken.body.pipeTo(new WritableStream());
  },
].map(tried))) };`;

Deno.test("Bodies and pipes answer alike with native and with polyfilled streams", async () => {
  await using project = await TempProject.create({
    native: { files: { "index.js": LOOKS } },
    polyfill: { files: { "index.js": LOOKS }, config: { streams: "polyfill" } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  for (const host of ["native", "polyfill"]) {
    const answers = await (await nano.fetch(host)).json();
    const expected = [[true, true], [true, true], "TypeError", false, 0, ["readable", "TypeError"], "ABC", "function"];
    assertEquals([host, answers], [host, [...expected, [true, true], null, "ended", "RangeError"]]);
  }
});
