import { assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { encodeFrame, OPCODE, SocketFrameReader } from "../../../runtime/node/http/web_socket_frames.ts";

Deno.test("Frames of every length come out as they went in, masked or not, in pieces of any size", () => {
  for (const size of [0, 1, 125, 126, 65_535, 65_536]) {
    for (const isMasked of [false, true]) {
      const payload = Buffer.alloc(size, 7);
      const bytes = encodeFrame(OPCODE.BINARY, payload, isMasked);
      for (const step of [1, 3, 70_000]) {
        if (step === 1 && size > 200) continue;
        const reader = new SocketFrameReader();
        const frames = [];
        for (let at = 0; at < bytes.length; at += step) frames.push(...reader.push(bytes.subarray(at, at + step)));
        assertEquals(frames.map(({ opcode, isLast, payload }) => [opcode, isLast, payload.length]), [[2, true, size]]);
        assertEquals(frames[0]!.payload.equals(payload), true);
      }
    }
  }
});

Deno.test("A mask is taken off, and two frames in one piece are two", () => {
  const hello = Buffer.from([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
  const frames = [...new SocketFrameReader().push(Buffer.concat([hello, hello]))];
  assertEquals(frames.map(({ payload }) => payload.toString()), ["Hello", "Hello"]);
});

Deno.test("A frame that no socket of NANO would send is refused by its head alone", () => {
  const head = Buffer.from([0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0]);
  assertThrows(
    () => [...new SocketFrameReader().push(head)],
    Error,
    "Cannot send a WebSocket message of 4294967296 bytes",
  );
});
