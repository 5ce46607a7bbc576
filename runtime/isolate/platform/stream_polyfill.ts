/** `"streams": "polyfill"`: the app's stream classes come from web-streams-polyfill, and both kinds work together. */
import { bare } from "../../protocol/bare.ts";
import { apply, construct, getMember } from "../../protocol/primordials.ts";
import { STREAM_POLYFILL_URL } from "../../protocol/messages.ts";
import { bridgeBodies } from "../traffic/body_bridge.ts";
import { type Kind, ordinaryInstance, pipeBetween } from "../traffic/stream_bridge.ts";

type Constructor = new (...given: unknown[]) => object;
type Classes = Record<string, Constructor>;

const HAS_INSTANCE: typeof Symbol.hasInstance = Symbol.hasInstance;

const STREAM_CLASSES = [
  "ReadableStream",
  "ReadableStreamDefaultReader",
  "ReadableStreamBYOBReader",
  "ReadableStreamDefaultController",
  "ReadableByteStreamController",
  "ReadableStreamBYOBRequest",
  "WritableStream",
  "WritableStreamDefaultWriter",
  "WritableStreamDefaultController",
  "TransformStream",
  "TransformStreamDefaultController",
  "ByteLengthQueuingStrategy",
  "CountQueuingStrategy",
];

/** Classes whose constructor takes a stream, which may be of either kind. */
const HOLDERS: Readonly<Record<string, string>> = {
  ReadableStreamDefaultReader: "ReadableStream",
  ReadableStreamBYOBReader: "ReadableStream",
  WritableStreamDefaultWriter: "WritableStream",
};

/**
 * Replaces the stream classes of this isolate; runs last, just before the app's entry.
 * The package is among the app's modules, so that isolates in reserve do not pay for it.
 *
 * The streams that Deno makes (bodies, Blob.stream(), CompressionStream) stay native, as Deno's insides need them to.
 * @boot
 */
export async function installStreamPolyfill(): Promise<void> {
  const ponyfill = await import(STREAM_POLYFILL_URL) as Classes;
  const natives = {} as Classes;
  for (const name of STREAM_CLASSES) natives[name] = (globalThis as unknown as Classes)[name]!;

  for (const name of STREAM_CLASSES) {
    const Polyfilled = ponyfill[name]!;
    const Native = natives[name]!;
    acceptBoth(Polyfilled, Native);
    const held = HOLDERS[name];
    const value = held === undefined ? Polyfilled : holdBoth(Polyfilled, Native, natives[held]!);
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
  const native = kindOf(natives);
  const polyfilled = kindOf(ponyfill);
  pipeBetween(native, polyfilled);
  bridgeBodies(native, polyfilled);
}

/** @boot */
function kindOf(classes: Classes): Kind {
  return {
    ReadableStream: classes.ReadableStream as unknown as typeof ReadableStream,
    WritableStream: classes.WritableStream as unknown as typeof WritableStream,
  };
}

/** `instanceof` is true for both kinds; a subclass of the app's has its own instances only. @boot */
function acceptBoth(Polyfilled: Constructor, Native: Constructor): void {
  Object.defineProperty(Polyfilled, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (ordinaryInstance(this as Constructor, value)) return true;
      return this === Polyfilled && ordinaryInstance(Native, value);
    },
    configurable: true,
  });
}

/** `new ReadableStreamDefaultReader(stream)` makes the reader that fits the stream. @boot */
function holdBoth(Polyfilled: Constructor, Native: Constructor, NativeStream: Constructor): Constructor {
  const handler: ProxyHandler<Constructor> = {
    construct(target, given, newTarget) {
      if (newTarget === Holding && ordinaryInstance(NativeStream, given[0])) return construct(Native, given);
      return construct(target, given, newTarget);
    },
    get(target, key, receiver) {
      // `instanceof` asks the class itself.
      const value = getMember(target, key, receiver);
      return key === HAS_INSTANCE && receiver === Holding ? (given: unknown) => apply(value, target, [given]) : value;
    },
  };
  const Holding: Constructor = new Proxy(Polyfilled, bare(handler));
  Object.defineProperty(Polyfilled.prototype, "constructor", {
    value: Holding,
    writable: true,
    configurable: true,
    enumerable: false,
  });
  return Holding;
}
