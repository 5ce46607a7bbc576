/** The isolate's own Blob and File against Deno's: the same calls, the same outcome in everything observable. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { AppBlob, AppFile } from "../../../runtime/isolate/bodies/blob.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const CASES = 1500;

interface Classes {
  readonly Blob: typeof Blob;
  readonly File: typeof File;
}

const NATIVE: Classes = { Blob, File };
const OWN: Classes = { Blob: AppBlob as unknown as typeof Blob, File: AppFile as unknown as typeof File };

/** Pieces of a Blob, made anew for each class. */
const PIECES: readonly ((classes: Classes) => unknown)[] = [
  () => "text",
  () => "",
  () => "žluť \ud800 \u{1f600}",
  () => "a\r\nb\rc\nd",
  () => new Uint8Array([1, 2, 3]),
  () => new Uint8Array([0, 255, 7, 9]).subarray(1, 3),
  () => new DataView(new ArrayBuffer(5), 1, 2),
  () => new Float64Array([1.5]),
  () => new ArrayBuffer(6),
  () => 5,
  () => null,
  () => undefined,
  () => ({ toString: () => "shown" }),
  () => [1, [2]],
  () => "x".repeat(5000),
  ({ Blob }) => new Blob(["in", "side"]),
  ({ File }) => new File(["file"], "n"),
];
const TYPES: readonly unknown[] = [undefined, "", "A/B;c=D", "text/ž", "\0", 5, null, { toString: () => "T/X" }];
const ENDS: readonly unknown[] = [undefined, 0, 1, -1, 5, -3, 1e9, -1e9, NaN, "2", 2.5, 3.5, null];

async function outcome(run: () => unknown): Promise<unknown> {
  try {
    const blob = await run() as Blob;
    const file = "name" in blob ? [blob.name, (blob as File).lastModified] : null;
    return [blob.size, blob.type, [...await blob.bytes()].join(), await blob.text(), file];
  } catch (error) {
    return (error as Error).name;
  }
}

Deno.test("A Blob or File of any parts and options is what Deno makes of them, slices included", async () => {
  const random = SeededRandom.fromEnv("blobs");
  for (let at = 0; at < CASES; at++) {
    const pieces = random.some(20, () => random.pick(PIECES));
    const options = random.oneIn(5) ? random.pick([undefined, null]) : {
      type: random.pick(TYPES),
      endings: random.pick([undefined, "transparent", "native", "other"]),
      lastModified: random.pick([1, 1.9, -5, "7", NaN, 2 ** 53 + 2, 2 ** 70]),
    };
    const isFile = random.oneIn(3);
    const name = random.pick(["n", "", "\ud800", 5, { toString: () => "shown" }]);
    const cut = random.oneIn(2) ? null : [random.pick(ENDS), random.pick(ENDS), random.pick(TYPES)];
    const run = (classes: Classes) => () => {
      const parts = pieces.map((make) => make(classes)) as BlobPart[];
      const made = isFile
        ? new classes.File(parts, name as string, { lastModified: 1, ...options } as FilePropertyBag)
        : new classes.Blob(parts, options as BlobPropertyBag);
      return cut === null ? made : made.slice(...cut as [number, number, string]);
    };
    const seen = await outcome(run(OWN));
    assertEquals(seen, await outcome(run(NATIVE)), JSON.stringify([at, String(pieces), options, isFile, cut]));
  }
});

Deno.test("What is no sequence of parts, no options and no file is refused as Deno refuses it", async () => {
  const runs: readonly ((classes: Classes) => unknown)[] = [
    ({ Blob }) => new Blob(),
    ({ Blob }) => new Blob(undefined, undefined),
    ({ Blob }) => new Blob(null as unknown as BlobPart[]),
    ({ Blob }) => new Blob("text" as unknown as BlobPart[]),
    ({ Blob }) => new Blob({} as BlobPart[]),
    ({ Blob }) => new Blob([Symbol("s") as unknown as string]),
    ({ Blob }) => new Blob([], 5 as unknown as BlobPropertyBag),
    ({ Blob }) => new Blob([], (() => {}) as unknown as BlobPropertyBag),
    ({ Blob }) => new Blob([new SharedArrayBuffer(2) as unknown as ArrayBuffer]),
    ({ Blob }) => new Blob([new Uint8Array(new SharedArrayBuffer(2)) as unknown as Uint8Array<ArrayBuffer>]),
    ({ Blob }) => new Blob(new Set(["a", "b"]) as unknown as BlobPart[]),
    ({ Blob }) => new Blob(new Uint8Array([65, 66]) as unknown as BlobPart[]),
    ({ File }) => new (File as unknown as new () => File)(),
    ({ File }) => new (File as unknown as new (parts: unknown) => File)([]),
    ({ File }) => new File([], undefined as unknown as string, { lastModified: 3 }),
  ];
  for (const run of runs) {
    assertEquals(await outcome(() => run(OWN)), await outcome(() => run(NATIVE)), run.toString());
  }
});

Deno.test("Parts are converted as they are read, then options in order, and bytes are taken last", async () => {
  const seen: string[] = [];
  const bytes = new Uint8Array([65]);
  const parts = {
    *[Symbol.iterator]() {
      yield { toString: () => (seen.push("first"), "1") };
      yield bytes;
      yield { toString: () => (seen.push("second"), "2") };
    },
  };
  const options = {
    get type() {
      seen.push("type");
      bytes[0] = 66;
      return "";
    },
    get endings() {
      seen.push("endings");
      return undefined;
    },
  };
  const blob = new AppBlob(parts, options);
  assertEquals([seen, await blob.text()], [["first", "second", "endings", "type"], "1B2"]);
});

Deno.test("A Blob looks like one: names, lengths, descriptors, tags, brands, subclasses", async () => {
  for (const name of ["Blob", "File"] as const) {
    const own = OWN[name];
    const native = NATIVE[name];
    assertEquals([own.name, own.length], [native.name, native.length]);
    for (const key of Reflect.ownKeys(native.prototype)) {
      if (typeof key === "symbol" && key.description === "Deno.core.hostObject") continue;
      const expected = Object.getOwnPropertyDescriptor(native.prototype, key)!;
      const actual = Object.getOwnPropertyDescriptor(own.prototype, key);
      assert(actual !== undefined, String(key));
      const shape = ({ value, get, enumerable, configurable, writable }: PropertyDescriptor) => {
        const call = typeof value === "function" && key !== "constructor" ? value : get;
        return [enumerable, configurable, writable, typeof key === "string" ? call?.name : null, call?.length];
      };
      assertEquals(shape(actual), shape(expected), `${name}.${String(key)}`);
    }
  }
  assertStrictEquals(Object.getPrototypeOf(AppFile), AppBlob);
  assertEquals(String(new AppBlob()), "[object Blob]");
  assertThrows(() => AppBlob.prototype.size, TypeError);
  assertThrows(() => AppBlob.prototype.slice.call({} as AppBlob), TypeError);
  await assertRejects(() => AppBlob.prototype.text.call({} as AppBlob), TypeError);
  class Named extends AppFile {}
  const named = new Named(["x"], "n");
  assertInstanceOf(named, AppBlob);
  assertEquals([named.name, await named.text()], ["n", "x"]);
});

Deno.test("stream() is a byte stream over copies, and reads into an app's own buffers", async () => {
  const blob = new AppBlob([new Uint8Array(150_000).fill(7), "end"]);
  const chunks = await Array.fromAsync(blob.stream());
  assertEquals(chunks.map(({ length }) => length), [65_536, 65_536, 18_928, 3]);
  chunks[0]!.fill(9);
  assertEquals((await blob.bytes())[0], 7);
  const reader = blob.slice(149_999).stream().getReader({ mode: "byob" });
  const read: number[] = [];
  for (let view = new Uint8Array(2);;) {
    const { done, value } = await reader.read(view);
    if (done) break;
    read.push(...value!);
    view = new Uint8Array(value!.buffer);
  }
  assertEquals(new TextDecoder().decode(new Uint8Array(read)), "\x07end");
  assertEquals(await Array.fromAsync(new AppBlob().stream()), []);
  assertEquals(await Array.fromAsync(new AppBlob(["ž"]).textStream()), ["ž"]);
});

Deno.test("Bytes handed out are copies: a Blob never changes", async () => {
  const blob = new AppBlob(["abc"]);
  (await blob.bytes()).fill(0);
  new Uint8Array(await blob.arrayBuffer()).fill(0);
  assertEquals(await blob.text(), "abc");
});
