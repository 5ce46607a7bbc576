/** Messages as bytes: what goes in comes out, however it is cut on its way, and what is no frame is refused. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { FrameReader } from "../../../runtime/protocol/frame_reader.ts";
import { FrameWriter } from "../../../runtime/protocol/frame_writer.ts";
import { readFrame } from "../../../runtime/protocol/frames.ts";
import { BODY, OP } from "../../../runtime/protocol/operations.ts";
import { WireViolation } from "../../../runtime/protocol/wire_violation.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const MAX = 1024 * 1024;

/** Frames as bytes. */
function written(...frames: readonly (readonly unknown[])[]): Uint8Array<ArrayBuffer> {
  const writer = new FrameWriter();
  for (const values of frames) writer.add(values);
  return all(writer);
}

/** What a writer has collected. */
function all(writer: FrameWriter): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(writer.length);
  let at = 0;
  for (let piece = writer.take(); piece !== null; piece = writer.take()) {
    bytes.set(piece, at);
    at += piece.length;
  }
  assertEquals([at, writer.length], [bytes.length, 0]);
  return bytes;
}

/** What comes of bytes that arrive in pieces of a length. */
function read(bytes: Uint8Array<ArrayBuffer>, pieceBytes = bytes.length, maxBytes = MAX): unknown[][] {
  const frames: unknown[][] = [];
  const reader = new FrameReader(maxBytes, (values) => frames.push(Array.from(values)));
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.slice(at, at + pieceBytes));
  return frames;
}

const VALUES: readonly unknown[] = [
  ...[null, undefined, true, false, 0, -0, 1, 223, 224, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, -(2 ** 40)],
  ...[1.5, NaN, Infinity, Number.MAX_SAFE_INTEGER],
  ...["", "text", "\ufeffmark", "äöü", "漢字", "😀", "lone \ud800 one", "\udc00", "\0"],
  ...[new Uint8Array(0), new Uint8Array([0, 255, 7]), [], ["a", null, 7, new Uint8Array([1]), "\ud800"]],
];

Deno.test("What goes into a frame comes out of it, whatever the pieces it arrives in", () => {
  const bytes = written(VALUES, [], ["last"]);
  for (const pieceBytes of [1, 2, 3, 5, 7, 64, bytes.length]) {
    const frames = read(bytes, pieceBytes);
    assertEquals(frames, [[...VALUES], [], ["last"]]);
    assert(Object.is(frames[0]![5], -0), "minus zero stays");
  }
});

Deno.test("Values of any length come out of a frame as they went in", () => {
  const values: unknown[] = [];
  for (const length of [4_090, 43_690, 43_691, 65_536, 131_071, 131_072, 262_143, 262_144, 500_000]) {
    values.push(
      "x".repeat(length),
      "ä".repeat(length),
      "\ud800".repeat(length),
      new Uint8Array(length).fill(length),
      7,
    );
  }
  assertEquals(read(written(values, ["next"]), 10_000, 16 * MAX), [values, ["next"]]);
});

Deno.test("What a writer has taken is a copy: who writes to bytes afterwards changes nothing", () => {
  const bytes = new Uint8Array(100_000).fill(1);
  const writer = new FrameWriter();
  writer.add([bytes]);
  bytes.fill(2);
  assertEquals(read(all(writer))[0]![0], new Uint8Array(100_000).fill(1));
});

Deno.test("Bytes out of a frame are a copy of their own", () => {
  const bytes = written([new Uint8Array([1, 2, 3])]);
  const [[value]] = read(bytes) as [[Uint8Array]];
  bytes.fill(9);
  assertEquals([value, value.buffer.byteLength], [new Uint8Array([1, 2, 3]), 3]);
});

Deno.test("A batch becomes several frames when it is long, and no operation is cut", () => {
  const batch: unknown[] = [];
  for (let id = 0; id < 3000; id++) batch.push(OP.REQUEST, id, "GET", "http://x/", "", "1.1.1.1:1", BODY.NONE, null);
  batch.push(OP.DATA, 1, new Uint8Array(600_000), OP.END, 1);
  const writer = new FrameWriter();
  writer.addBatch(batch);
  const frames = read(all(writer), 10_000);
  assertEquals(frames.flat(), batch);
  assert(
    frames.length > 5 && frames.every(([code]) => [OP.REQUEST, OP.END].includes(code as never)),
    "cut between operations",
  );
});

Deno.test("Lists in lists and what is no plain value are not written", () => {
  for (const value of [[[]], {}, new Date(0), new Uint16Array(1), () => 1, Symbol.iterator, 1n]) {
    assertThrows(() => written([value]), WireViolation);
  }
});

/** One frame of these bytes. */
function frame(...bytes: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([bytes.length, 0, 0, 0, ...bytes]);
}

const FORGED: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "a frame longer than allowed": new Uint8Array([0, 0, 0, 255]),
  "a value of no kind": frame(10, 0, 0, 0, 0),
  "a text longer than its frame": frame(6, 9, 0, 0, 0, 65),
  "a text of four thousand millions": frame(6, 255, 255, 255, 255, 65),
  "bytes longer than their frame": frame(8, 2, 0, 0, 0, 65),
  "a number cut short": frame(5, 0, 0),
  "a length cut short": frame(6, 1),
  "a list in a list": frame(9, 1, 0, 0, 0, 9, 0, 0, 0, 0),
  "a list of too many": frame(9, 255, 255, 255, 127),
  "a list of less than none": frame(9, 255, 255, 255, 255),
  "a list without its end": frame(9, 2, 0, 0, 0, 40),
  "too many values": new Uint8Array([1, 0, 1, 0, ...new Uint8Array(65_537)]),
};

for (const [what, bytes] of Object.entries(FORGED)) {
  Deno.test(`A reader of frames refuses ${what}`, () => {
    for (const pieceBytes of [bytes.length > 100 ? 1000 : 1, bytes.length]) {
      assertThrows(() => read(bytes, pieceBytes), WireViolation);
    }
  });
}

Deno.test("A text of another encoding is a text all the same, and one of an odd number of bytes is cut", () => {
  assertEquals(read(frame(6, 2, 0, 0, 0, 255, 65)), [["\ufffdA"]]);
  assertEquals(read(frame(7, 3, 0, 0, 0, 65, 0, 66)), [["A"]]);
});

Deno.test("A reader holds no more of a long frame than has come", () => {
  const reader = new FrameReader(MAX, () => {});
  const before = Deno.memoryUsage().external;
  // A thousand that say a mebibyte, and send a byte of it.
  const readers = Array.from({ length: 1000 }, () => new FrameReader(MAX, () => {}));
  for (const one of [reader, ...readers]) one.push(new Uint8Array([0, 0, 16, 0, 1]));
  assert(Deno.memoryUsage().external - before < 10 * MAX, "not the thousand mebibytes they said");
});

Deno.test("A reader has room for what comes, more of it the more has come, and no more than before once a long frame has gone", () => {
  const rooms: number[] = [];
  const reader = new FrameReader(16 * MAX, () => {});
  const bytes = written([new Uint8Array(5 * MAX)], [7]);
  for (let at = 0; at < bytes.length;) {
    const room = reader.room();
    rooms.push(room.length);
    assert(room.length > 0 && room.length <= Math.max(4096, 512 * 1024, 2 * at), `${room.length} bytes after ${at}`);
    const size = Math.min(room.length, bytes.length - at, 100_000);
    room.set(bytes.subarray(at, at + size));
    reader.came(size);
    at += size;
  }
  assertEquals([rooms[0], reader.room().length], [4096, 512 * 1024]);
});

Deno.test("What bytes of a batch are long leave as they are: they are the batch's own", () => {
  const bytes = new Uint8Array(200_000);
  const writer = new FrameWriter();
  writer.addBatch([OP.DATA, 1, bytes]);
  writer.take();
  assert(writer.take() === bytes, "not copied");
});

Deno.test("Bytes of a batch are detached once they are written; those in a list, and a part of a buffer, stay", () => {
  const filled = (length: number) => new Uint8Array(length).fill(7);
  const [chunk, long, listed, small] = [filled(64 * 1024), filled(300_000), filled(200_000), filled(100)];
  const part = filled(8192).subarray(1, 8000);
  const writer = new FrameWriter();
  const call = [OP.CALL, 1, 0, "method", [listed], "", BODY.NONE, null];
  writer.addBatch([...[chunk, long, small, part].flatMap((bytes) => [OP.DATA, 1, bytes]), ...call]);
  assertEquals([chunk, long, listed, small, part].map(({ length }) => length), [0, 300_000, 200_000, 100, 7_999]);
  // What is a piece of its own has to leave first; the list's bytes are a copy, which nobody sees.
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const bytes = new Uint8Array(writer.length);
  for (let at = 0, piece = writer.take(); piece !== null; at += piece.length, piece = writer.take()) {
    bytes.set(piece, at);
    pieces.push(piece);
  }
  const came = read(bytes).flat().filter((value) => value instanceof Uint8Array) as Uint8Array[];
  assertEquals(came, [filled(64 * 1024), filled(300_000), small, part]);
  for (const piece of pieces) writer.giveBack(piece);
  assertEquals([long, listed, small, part].map(({ length }) => length), [0, 200_000, 100, 7_999]);
});

Deno.test("A piece that has left is used again", () => {
  const writer = new FrameWriter();
  const piece = () => {
    writer.addBatch([OP.DATA, 1, new Uint8Array(50_000)]);
    return writer.take()!;
  };
  const first = piece();
  writer.giveBack(first);
  assert(piece().buffer === first.buffer, "the same memory");
});

Deno.test("Whatever bytes come, a reader takes them for values or refuses them by name", () => {
  const random = new SeededRandom(7);
  const valid = written(VALUES);
  for (let round = 0; round < 20_000; round++) {
    const bytes = valid.slice();
    for (let flips = 1 + random.below(6); flips > 0; flips--) {
      bytes[4 + random.below(bytes.length - 4)] = random.below(256);
    }
    try {
      assert(Array.isArray(readFrame(bytes, 4, bytes.length)));
    } catch (error) {
      assert(error instanceof WireViolation, String(error));
    }
  }
});
