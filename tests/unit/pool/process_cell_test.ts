/** The host's end of a process that is an isolate: whatever it sends, only it ends, by a named reason. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { systemClock } from "../../../runtime/clock.ts";
import type { CellExit } from "../../../runtime/pool/cell.ts";
import type { FullPlace } from "../../../runtime/pool/full_place.ts";
import { ProcessCell } from "../../../runtime/pool/process_cell.ts";
import { FrameWriter } from "../../../runtime/protocol/frame_writer.ts";
import { MAX_FRAME_BYTES } from "../../../runtime/protocol/frames.ts";
import { WORD } from "../../../runtime/protocol/process_cell.ts";

/** What a process says, as bytes. */
function frames(...all: readonly (readonly unknown[])[]): Uint8Array<ArrayBuffer> {
  const writer = new FrameWriter();
  for (const values of all) writer.add(values);
  return writer.take()!;
}

/** A pretended process, whose every byte the test decides. */
function scene(full: FullPlace | null = null) {
  const status = Promise.withResolvers<Deno.CommandStatus>();
  const killed: string[] = [];
  const pieces: (Uint8Array | null)[] = [];
  let wake = () => {};
  const connection = {
    async read(into: Uint8Array) {
      while (pieces.length === 0) await new Promise<void>((resolve) => wake = resolve);
      const piece = pieces[0]!;
      if (piece === null) return null;
      const part = piece.subarray(0, into.length);
      into.set(part);
      if (part.length === piece.length) pieces.shift();
      else pieces[0] = piece.subarray(part.length);
      return part.length;
    },
    write: (bytes: Uint8Array) => Promise.resolve(bytes.length),
    close() {},
  };
  const output = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const words = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const outputWriter = output.writable.getWriter();
  const wordsWriter = words.writable.getWriter();
  const answers: Uint8Array[] = [];
  const end = (code: number, signal: Deno.Signal | null) => {
    void outputWriter.close().catch(() => {});
    void wordsWriter.close().catch(() => {});
    status.resolve({ success: false, code, signal });
  };
  const told: unknown[] = [];
  const exit = Promise.withResolvers<CellExit>();
  const cell = new ProcessCell(64, {
    onSpawned: (id) => told.push(id),
    onMessage: (message) => told.push(message),
    onFigures() {},
    onKept() {},
    onExit: exit.resolve,
  }, {
    full,
    clock: systemClock,
    source: () => Promise.resolve(""),
    watch() {},
    start: () =>
      Promise.resolve({
        child: {
          status: status.promise,
          stdout: output.readable,
          stderr: words.readable,
        },
        kill() {
          killed.push("killed");
          end(137, "SIGKILL");
        },
        input: new WritableStream<Uint8Array<ArrayBuffer>>({ write: (piece) => void answers.push(piece) }).getWriter(),
        // No process that could be looked at.
        connected: Promise.resolve({ connection, pid: 2 ** 30 }),
        tmp: null,
        group: null,
      }),
  });
  return {
    cell,
    told,
    killed,
    exit: exit.promise,
    end,
    says(bytes: Uint8Array | null) {
      pieces.push(bytes);
      wake();
    },
    writes: (bytes: Uint8Array<ArrayBuffer>) => outputWriter.write(bytes),
    cries: (text: string) => wordsWriter.write(new TextEncoder().encode(text)),
  };
}

const VIOLATIONS: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "a value of no kind": new Uint8Array([1, 0, 0, 0, 31]),
  "a list in a list": new Uint8Array([10, 0, 0, 0, 9, 1, 0, 0, 0, 9, 0, 0, 0, 0]),
  "a call that is none": frames([WORD.CALL, 7]),
  "a call over the connection whose thread waits": frames([WORD.CALL, [1, true, "stat", "/"]]),
};

for (const [what, bytes] of Object.entries(VIOLATIONS)) {
  Deno.test(`A process that sends ${what} is killed, and its end says why`, async () => {
    const place = scene();
    place.says(bytes);
    const exit = await place.exit;
    assertEquals([exit.reason, place.killed], ["terminated", ["killed"]]);
    assertStringIncludes(exit.detail, "it broke the wall's protocol");
    await place.cell.gone;
  });
}

Deno.test("A process that sends a message longer than all that it may hold is out of memory, and no longer one is", async () => {
  const place = scene();
  const head = (bytes: number) => new Uint8Array(new Uint32Array([bytes]).buffer);
  place.says(head(MAX_FRAME_BYTES + 64 * 1024 * 1024 + 1));
  const exit = await place.exit;
  assertEquals([exit.reason, exit.detail], ["out_of_memory", "it sent a message of 128 MiB"]);
  await place.cell.gone;

  const other = scene();
  other.says(head(MAX_FRAME_BYTES + 64 * 1024 * 1024));
  other.says(null);
  other.end(3, null);
  assertEquals((await other.exit).reason, "terminated");
  await other.cell.gone;
});

Deno.test("Calls that no thread may make are violations: two at once, and any before the app has such modules", async () => {
  const place = scene();
  place.says(frames([WORD.BOOTED]));
  await place.writes(frames([1, true, "stat", "/"]));
  assertStringIncludes((await place.exit).detail, "a call of nobody");
  await place.cell.gone;
});

Deno.test("What a process says becomes messages with no more in them than was meant, in its order", async () => {
  const place = scene();
  place.says(frames([WORD.BOOTED, "more"], [WORD.LOAD_FAILED, "TypeError", "no", { length: 1 } as never].slice(0, 3)));
  place.says(frames(["unknown word"], [11, "info", "text"]));
  place.says(null);
  place.end(0, null);
  await place.exit;
  await place.cell.gone;
  assertEquals(place.told.map((one) => Array.isArray(one) ? Array.from(one) : one), [
    { processId: 2 ** 30 },
    { type: "booted" },
    { type: "load_failed", name: "TypeError", message: "no", stack: undefined },
    ["unknown word"],
    [11, "info", "text"],
  ]);
});

Deno.test("The end of a process is named by how it ended and by its last words", async () => {
  const ends = [
    { words: "\n# Fatal JavaScript out of memory: Reached heap limit\n", code: 133, signal: "SIGTRAP" },
    { words: "memory allocation of 1073741824 bytes failed", code: 134, signal: "SIGABRT" },
    { words: "Check failed", code: 133, signal: "SIGTRAP" },
    { words: "it says out of memory", code: 137, signal: "SIGKILL" },
    { words: "", code: 3, signal: null },
    { words: "unshare: sigprocmask unblock failed: Invalid argument", code: 1, signal: null },
  ] as const;
  const told: string[] = [];
  for (const { words, code, signal } of ends) {
    const place = scene();
    place.says(frames([WORD.BOOTED]));
    place.says(null);
    await place.cries(words);
    place.end(code, signal);
    const { reason, detail } = await place.exit;
    told.push(`${reason}: ${detail}`);
    await place.cell.gone;
  }
  assertEquals(told, [
    "out_of_memory: its process was ended by SIGTRAP: V8 had no memory left",
    "out_of_memory: its process was ended by SIGABRT: V8 had no memory left",
    "terminated: its process was ended by SIGTRAP",
    "terminated: its process was ended by SIGKILL",
    "terminated: its process ended by itself with exit code 3",
    "terminated: its process was ended by SIGKILL",
  ]);
});

Deno.test("A cell that is closed before its process has begun kills it, and tells nobody", async () => {
  const place = scene();
  place.cell.close();
  await place.cell.gone;
  assertEquals([place.told, place.killed], [[], ["killed"]]);
});

Deno.test("A frame may be as long as the longest operation, and no longer", () => {
  assertEquals(MAX_FRAME_BYTES >= 3 * 16 * 1024 * 1024, true);
});

const FULL: FullPlace = {
  ...{ entry: "/app/main.ts", folder: "/app", reach: "/app", hidden: [], data: [], settings: null },
  ...{ run: [], ffi: false, network: null, fileBytes: 1 },
};

Deno.test("An app that Deno runs and that ends before it is one has failed, in Deno's words", async () => {
  const place = scene(FULL);
  await place.cries("warned\nerror: Uncaught (in promise) Error: boom\n    at file:///app/main.ts:1:1\n");
  place.says(frames([WORD.BOOTED]));
  await until(() => place.told.length === 2);
  place.end(1, null);
  await until(() => place.told.length === 3);
  assertEquals(place.told[2], {
    ...{ type: "load_failed", name: "Error", message: "Error: boom" },
    stack: "Uncaught (in promise) Error: boom\n    at file:///app/main.ts:1:1",
  });
  place.cell.kill();
  assertEquals((await place.exit).reason, "terminated");
});

Deno.test("Once it is one its lines are told as they come, those from before as well, and its last error is its end", async () => {
  const place = scene(FULL);
  await place.cries("early\n");
  place.says(frames([WORD.BOOTED], [WORD.LOADED]));
  await until(() => place.told.length === 4);
  await place.writes(new TextEncoder().encode("out\n"));
  await place.cries("error: Uncaught Error: stray\n");
  await until(() => place.told.length === 6);
  place.end(1, null);
  const { reason, detail } = await place.exit;
  assertEquals([reason, detail], ["uncaught_error", "Error: stray"]);
  const lines = place.told.filter((one) => Array.isArray(one)).map((one) => (one as unknown[]).slice(1).join(": "));
  assertEquals(lines.sort(), ["error: early", "error: error: Uncaught Error: stray", "info: out"]);
});

/** Waits for an event of streams that are in this process: turns of the event loop, no time. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    if (turns > 10_000) throw new Error("It did not come about");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
