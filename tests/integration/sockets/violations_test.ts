/** WebSocket clients that break the protocol hear so, with the code that RFC 6455 has for it. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { FrameClient } from "./frame_client.ts";

const APP = `
const fates = {};
Deno.serve((request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/fates") return Response.json(fates);
  const { socket, response } = Deno.upgradeWebSocket(request);
  const fate = fates[pathname.slice(1)] = [];
  socket.onmessage = ({ data }) => {
    fate.push(typeof data === "string" ? data : "bytes");
    socket.send("got it");
  };
  socket.onclose = ({ code, wasClean }) => fate.push([code, wasClean]);
  return response;
});
`;

/** A mask of zeros leaves the data as it is. */
const MASK = [0, 0, 0, 0];

function frame(first: number, data: string | readonly number[] = [], length?: readonly number[]): number[] {
  const bytes = typeof data === "string" ? [...new TextEncoder().encode(data)] : data;
  return [first, ...(length ?? [0x80 | bytes.length]), ...MASK, ...bytes];
}

const HI = "hi";
const LONG = [0xfe, 0, 126];
const X126 = "x".repeat(126);

/** What is sent, by name, and the code of the answer. */
const VIOLATIONS: Readonly<Record<string, readonly [code: number, ...bytes: number[]]>> = {
  "a reserved bit 1": [1002, ...frame(0xc1, HI)],
  "a reserved bit 2": [1002, ...frame(0xa1, HI)],
  "a reserved bit 3": [1002, ...frame(0x92, HI)],
  "a reserved operation of data": [1002, ...frame(0x83, HI)],
  "a reserved operation of control": [1002, ...frame(0x8b)],
  "a fragmented ping": [1002, ...frame(0x09)],
  "a fragmented close": [1002, ...frame(0x08)],
  "a long ping": [1002, ...frame(0x89, X126, LONG)],
  "a continuation of nothing": [1002, ...frame(0x80, HI)],
  "a text within a text": [1002, ...frame(0x01, HI), ...frame(0x81, HI)],
  "bytes within a text": [1002, ...frame(0x01, HI), ...frame(0x82, HI)],
  "a text that is no UTF-8": [1007, ...frame(0x81, [0x68, 0xff])],
  "a fragmented text that is no UTF-8": [1007, ...frame(0x01, [0xe2]), ...frame(0x80, [0x41])],
  "a close reason that is no UTF-8": [1007, ...frame(0x88, [3, 0xe8, 0xff])],
  "a close of one byte": [1002, ...frame(0x88, [3])],
  "a close with 999": [1002, ...frame(0x88, [3, 0xe7])],
  "a close with 1004": [1002, ...frame(0x88, [3, 0xec])],
  "a close with 1005": [1002, ...frame(0x88, [3, 0xed])],
  "a close with 1006": [1002, ...frame(0x88, [3, 0xee])],
  "a close with 1015": [1002, ...frame(0x88, [3, 0xf7])],
  "a close with 2999": [1002, ...frame(0x88, [0x0b, 0xb7])],
  "a close with 5000": [1002, ...frame(0x88, [0x13, 0x88])],
  "a frame beyond every bound": [1009, ...frame(0x82, HI, [0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
};

Deno.test("a client that breaks the protocol gets the close code of RFC 6455 and its connection ends", async () => {
  await using project = await TempProject.create({ app: { files: { "index.js": APP } } });
  await using nano = await NanoProcess.start(project.configFile);
  const open = (path: string) => FrameClient.open({ port: nano.port, host: "app", path });
  for (const [name, [code, ...bytes]] of Object.entries(VIOLATIONS)) {
    using client = await open(`/${name.replaceAll(" ", "_")}`);
    await client.sendBytes(new Uint8Array(bytes));
    const close = await client.readClose();
    assertEquals([name, close.code, close.frames], [name, code, 0]);
    assertEquals(await client.read(), null, `${name}: the connection ends`);
  }
  for (;;) {
    const fates: Record<string, unknown[]> = await (await nano.fetch("app", "/fates")).json();
    if (Object.values(fates).some((fate) => fate.length === 0)) continue;
    // To the app the connection has failed, and nothing of it was a message.
    for (const name of Object.keys(VIOLATIONS)) {
      assertEquals([name, fates[name.replaceAll(" ", "_")]], [name, [[1006, false]]]);
    }
    break;
  }
  // One that answers nothing and stays holds its connection no longer than it takes to tell it.
  using silent = await open("/silent");
  await silent.sendBytes(new Uint8Array(frame(0x80, HI)));
  assertEquals((await silent.read())?.op, 8);
  assertEquals(await silent.read(), null);

  using fine = await open("/fine");
  await fine.sendBytes(new Uint8Array([...frame(0x01, [0xe2]), ...frame(0x89, HI), ...frame(0x80, [0x82, 0xac])]));
  assertEquals((await fine.read())?.text, HI);
  assertEquals(await fine.readText(), "got it");
  for (const first of [0x81, 0x82]) {
    await fine.sendBytes(new Uint8Array(frame(first)));
    assertEquals(await fine.readText(), "got it");
  }
  await fine.sendClose(4999);
  assertEquals((await fine.readClose()).code, 4999);
});
