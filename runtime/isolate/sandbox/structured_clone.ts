/**
 * Keeps forged clones from Deno's deserializer: an object tells under a registered symbol what travels for it, an app can
 * give its own objects that symbol, and a type that nobody builds ends the whole process in Deno 2.9.6.
 *
 * The symbol cannot be hidden (a Proxy in a prototype chain is asked for it), and what it leads to may change from one
 * look to the next. So the bytes are judged: what was written once is what is read.
 *
 * Deno keeps buffers that a message hands over in a store of the whole process, from which only the reading of that
 * message takes them: of an isolate that is killed they stay for good. So an app's buffers go as bytes of the message.
 */
import { bare } from "../../protocol/bare.ts";
import { getterOf } from "../../protocol/primordials.ts";
import { SafeSet } from "../../protocol/safe_collections.ts";
import { listOf } from "../../protocol/safe_lists.ts";
import { nestPorts, watchChannels } from "./port_nesting.ts";

const NativeDomException = DOMException;
const NativeUint8Array = Uint8Array;
const { apply } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { isArray } = Array;
const ITERATOR: typeof Symbol.iterator = Symbol.iterator;
const nativeClone = structuredClone;
const nativePost = MessagePort.prototype.postMessage as (...given: unknown[]) => void;
const indexOf = NativeUint8Array.prototype.indexOf;
const byteLengthOf = getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;

/** What this needs of Deno's inside. */
interface CloneCore {
  readonly hostObjectBrand: symbol;
  readonly getCloneableDeserializers: () => Record<string, unknown>;
  readonly serialize: (value: unknown, options: unknown, onError: (message: string) => never) => Uint8Array;
  readonly deserialize: (bytes: Uint8Array, options: unknown) => unknown;
}

/** An object that told what travels for it, as V8 and Deno write that: the tag, and the largest number instead of an index. */
const TOLD = [0x5c, 0xff, 0xff, 0xff, 0xff, 0x0f];
/** What follows where Deno or NANO wrote it: a record whose first member is `type`, a short Latin text. */
const RECORD_OF_TYPE = [0x6f, 0x22, 4, ...[..."type"].map((char) => char.charCodeAt(0)), 0x22];
/** What may travel: of these it is known that a forged record does no harm. */
const TRAVELLERS = ["DOMException", "CryptoKey", "NodeCryptoKeyObject", "NanoBlob"];

const LOOKS_AT_STREAMS = [
  getterOf(ReadableStream.prototype, "locked"),
  getterOf(WritableStream.prototype, "locked"),
  getterOf(TransformStream.prototype, "readable"),
];

/** By what only the native ones have, whatever prototype they say is theirs. */
function isStream(value: unknown): boolean {
  for (let at = 0; at < LOOKS_AT_STREAMS.length; at++) {
    try {
      LOOKS_AT_STREAMS[at]!(value as never);
      return true;
    } catch {
      // It is none of this kind.
    }
  }
  return false;
}

/** Guards structuredClone() and MessagePort.postMessage(); runs at boot, after {@linkcode installBlobs}. @boot */
export function guardClones(): void {
  watchChannels();
  const { Deno } = globalThis as unknown as { Deno: Record<PropertyKey, unknown> };
  const { core } = Deno[Deno.internal as symbol] as { core: CloneCore };
  const { serialize, deserialize, hostObjectBrand } = core;
  const deserializers = core.getCloneableDeserializers();
  const uncloneable = Object.getOwnPropertySymbols(Headers.prototype)
    .find(({ description }) => description === "[[NotSerializable]]");
  const wards = [
    Object.prototype,
    Error.prototype,
    DOMException.prototype,
    CryptoKey.prototype,
    Blob.prototype,
    File.prototype,
  ]
    .map((prototype) => brandOf(prototype, hostObjectBrand));

  /** A copy in which nothing of the app's can speak any more; what is handed over stays the same in it. */
  function plainCopy(value: unknown, handedOver: readonly unknown[]): unknown {
    const hostObjects: unknown[] = [];
    let isHandedOver = false;
    for (let i = 0; i < handedOver.length; i++) {
      isHandedOver ||= handedOver[i] === value;
      if (!isArrayBuffer(handedOver[i])) define(hostObjects, hostObjects.length, handedOver[i]);
    }
    // Streams cannot be copied, but handed over.
    const isCopied = uncloneable !== undefined && isObject(value) && !isHandedOver;
    if (isCopied && (value as Record<symbol, unknown>)[uncloneable]) refuse(UNSUPPORTED);
    const graph = handedOver.length === 0 ? value : [value, handedOver];
    const bytes = serialize(graph, bare({ hostObjects }), refuse);
    if (isForged(bytes)) refuse(UNSUPPORTED);
    return deserialize(bytes, bare({ hostObjects, deserializers }));
  }

  /** What was copied is written once more to be posted: nothing that the app has since put beneath it may speak then. */
  function refuseIfBranded(): void {
    for (let i = 0; i < wards.length; i++) {
      const { prototype, parent, brand } = wards[i]!;
      if (getPrototypeOf(prototype) !== parent || brandOf(prototype, hostObjectBrand).brand !== brand) {
        refuse(UNSUPPORTED);
      }
    }
  }

  function copyAndHandOver(
    value: unknown,
    transfer: readonly unknown[],
    through: object | null,
  ): { copy: unknown; list: unknown[] } {
    const ports: object[] = [];
    const seen = new SafeSet<unknown>();
    for (let i = 0; i < transfer.length; i++) {
      if (seen.has(transfer[i])) refuse("Cannot hand over the same thing twice");
      seen.add(transfer[i]);
      // What is no buffer is a port, or a stream: that stands on a port of its own, through which no port goes.
      if (!isArrayBuffer(transfer[i]) && !isStream(transfer[i])) define(ports, ports.length, transfer[i]);
    }
    if (ports.length > 0) nestPorts(through, ports);
    const both = plainCopy(value, transfer) as [unknown, unknown[]];
    const buffers: unknown[] = [];
    for (let i = 0; i < transfer.length; i++) {
      if (isArrayBuffer(transfer[i])) define(buffers, buffers.length, transfer[i]);
    }
    // The copy goes on with buffers of its own; who handed the others over must not have them any more.
    if (buffers.length > 0) nativeClone(null, bare({ transfer: iterable(buffers) as Transferable[] }));
    refuseIfBranded();
    return { copy: both[0], list: iterable(both[1]) };
  }

  // Methods have no prototype and no construct, as the natives.
  const guarded = {
    structuredClone(value: unknown, options?: unknown): unknown {
      if (!isObject(value) && options === undefined) {
        return apply(nativeClone as (...given: unknown[]) => unknown, undefined, arguments);
      }
      const transfer = isObject(options) ? handedOverBy((options as { transfer?: unknown }).transfer) : null;
      if (transfer === null || transfer.length === 0) {
        return isObject(value) ? plainCopy(value, []) : nativeClone(value);
      }
      const { copy, list } = copyAndHandOver(value, transfer, null);
      return nativeClone(copy, bare({ transfer: list as Transferable[] }));
    },
    postMessage(this: unknown, message: unknown, options?: unknown): void {
      const given = isObject(options)
        ? handedOverBy(
          (options as Record<symbol, unknown>)[ITERATOR] === undefined
            ? (options as { transfer?: unknown }).transfer
            : options,
        )
        : null;
      const transfer = given ?? [];
      let isOwn = false;
      for (let i = 0; i < transfer.length; i++) isOwn ||= transfer[i] === this;
      if (transfer.length === 0) {
        if (!isObject(message)) return apply(nativePost, this, arguments.length === 0 ? [] : [message]);
        const copy = plainCopy(message, []);
        refuseIfBranded();
        return apply(nativePost, this, [copy]);
      }
      if (isOwn) refuse("Transfer list contains source port");
      const { copy, list } = copyAndHandOver(message, transfer, this as object);
      // The copy's buffers belong to nobody else, and go with it.
      const left: unknown[] = [];
      for (let i = 0; i < list.length; i++) if (!isArrayBuffer(list[i])) define(left, left.length, list[i]);
      apply(nativePost, this, [copy, bare({ transfer: iterable(left) })]);
    },
  };
  defineProperty(guarded.structuredClone, "length", { value: 1 });
  defineProperty(guarded.postMessage, "length", { value: 1 });
  const kept = getOwnPropertyDescriptor(MessagePort.prototype, "postMessage")!;
  defineProperty(MessagePort.prototype, "postMessage", { ...kept, value: guarded.postMessage });
  defineProperty(globalThis, "structuredClone", {
    value: guarded.structuredClone,
    writable: true,
    configurable: true,
    enumerable: true,
  });
}

const UNSUPPORTED = "Cannot clone object of unsupported type.";

function refuse(message: string): never {
  throw new NativeDomException(message, "DataCloneError");
}

function isObject(value: unknown): boolean {
  return value !== null && (typeof value === "object" || typeof value === "function");
}

function isArrayBuffer(value: unknown): boolean {
  try {
    apply(byteLengthOf, value, []);
    return true;
  } catch {
    return false;
  }
}

function brandOf(prototype: object, key: symbol): { prototype: object; parent: object | null; brand: unknown } {
  const brand = getOwnPropertyDescriptor(prototype, key);
  return {
    prototype,
    parent: getPrototypeOf(prototype),
    brand: brand === undefined ? undefined : brand.value ?? brand,
  };
}

/** What an app hands over, read once. */
function handedOverBy(given: unknown): unknown[] | null {
  if (given === undefined) return null;
  return listOf(given as Iterable<unknown>);
}

/** No setter that an app put on the prototypes comes between. */
function define(list: unknown[], index: number, value: unknown): void {
  defineProperty(list, index, bare({ value, writable: true, enumerable: true, configurable: true }));
}

/** Native code iterates lists by what apps may have patched; it gets one that iterates by itself. */
function iterable(list: unknown[]): unknown[] {
  if (!isArray(list)) refuse(UNSUPPORTED);
  defineProperty(
    list,
    ITERATOR,
    bare({
      value: () => {
        let next = 0;
        return bare({
          next: () => next < list.length ? bare({ done: false, value: list[next++] }) : bare({ done: true }),
        });
      },
    }),
  );
  return list;
}

/** Whether some object told something else than a record of a known type; never wrong about one that did. */
export function isForged(bytes: Uint8Array): boolean {
  for (let at = apply(indexOf, bytes, [0xff, 1]); at > 0; at = apply(indexOf, bytes, [0xff, at + 1])) {
    if (bytes[at - 1] === TOLD[0] && has(bytes, TOLD, at - 1) && !tellsKnownType(bytes, at - 1 + TOLD.length)) {
      return true;
    }
    while (bytes[at + 1] === 0xff) at++;
  }
  return false;
}

function tellsKnownType(bytes: Uint8Array, at: number): boolean {
  if (!has(bytes, RECORD_OF_TYPE, at)) return false;
  const text = at + RECORD_OF_TYPE.length;
  for (let i = 0; i < TRAVELLER_BYTES.length; i++) if (has(bytes, TRAVELLER_BYTES[i]!, text)) return true;
  return false;
}

const TRAVELLER_BYTES = TRAVELLERS.map((name) => [name.length, ...[...name].map((char) => char.charCodeAt(0))]);

function has(bytes: Uint8Array, wanted: readonly number[], at: number): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}
