/**
 * Keeps forged clones from Deno's deserializer: an object tells under a registered symbol what travels for it, an app can
 * give its own objects that symbol, and a type that nobody builds ends the whole process in Deno 2.9.6.
 *
 * The symbol cannot be hidden (a Proxy in a prototype chain is asked for it), and what it leads to may change from one
 * look to the next. So the bytes are judged: what was written once is what is read.
 *
 * Deno keeps what a message shares or hands over (buffers, shared buffers, modules of WebAssembly) in a store of the whole
 * process, from which only the reading of that message takes it: what is never read, or fails half-way, stays for as long
 * as the process lives. So nothing of an app's is put there: buffers that are handed over are copied and taken from whom
 * they belonged to, and shared ones are refused, for an app has no other thread to share them with.
 */
import { bare } from "../../protocol/bare.ts";
import { getterOf, stringIndexOf } from "../../protocol/primordials.ts";
import { SafeSet } from "../../protocol/safe_collections.ts";
import { append, listOf } from "../../protocol/safe_lists.ts";
import { isForged } from "./forged_clones.ts";
import { nestPorts, watchChannels } from "./port_nesting.ts";

const NativeDomException = DOMException;
const { apply } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { isArray } = Array;
const ITERATOR: typeof Symbol.iterator = Symbol.iterator;
const nativeClone = structuredClone;
const nativePost = MessagePort.prototype.postMessage as (...given: unknown[]) => void;
const byteLengthOf = getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;
const sharedLengthOf = getOwnPropertyDescriptor(SharedArrayBuffer.prototype, "byteLength")!.get!;
const exportsOf = WebAssembly.Module.exports;
const transferOf = ArrayBuffer.prototype.transfer as (length: number) => ArrayBuffer;

/** What this needs of Deno's inside. */
interface CloneCore {
  readonly hostObjectBrand: symbol;
  readonly getCloneableDeserializers: () => Record<string, unknown>;
  readonly serialize: (value: unknown, options: unknown, onError: (message: string) => never) => Uint8Array;
  readonly deserialize: (bytes: Uint8Array, options: unknown) => unknown;
}

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
      if (!isArrayBuffer(handedOver[i])) append(hostObjects, handedOver[i]);
    }
    // Streams cannot be copied, but handed over.
    const isCopied = uncloneable !== undefined && isObject(value) && !isHandedOver;
    if (isCopied && (value as Record<symbol, unknown>)[uncloneable]) refuse(UNSUPPORTED);
    const graph = handedOver.length === 0 ? value : [value, handedOver];
    const bytes = written(graph, hostObjects);
    if (isForged(bytes)) refuse(UNSUPPORTED);
    return deserialize(bytes, bare({ hostObjects, deserializers }));
  }

  function written(graph: unknown, hostObjects: unknown[]): Uint8Array {
    try {
      return serialize(graph, bare({ hostObjects, forStorage: true }), refuse);
    } catch (error) {
      // Of shared memory `refuse` hears nothing: V8 throws an Error of its own.
      const message = isObject(error) ? (error as { message?: unknown }).message : undefined;
      if (typeof message === "string" && stringIndexOf(message, UNCLONEABLE) > 0) refuse(message);
      throw error;
    }
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

  /** @returns the copy, and what stays to be handed over: ports and streams */
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
      if (!isArrayBuffer(transfer[i]) && !isStream(transfer[i])) append(ports, transfer[i]);
    }
    if (ports.length > 0) nestPorts(through, ports);
    const both = plainCopy(value, transfer) as [unknown, unknown[]];
    const list: unknown[] = [];
    for (let i = 0; i < transfer.length; i++) {
      // The copy goes on with buffers of its own; who handed the others over must not have them any more.
      if (isArrayBuffer(transfer[i])) detach(transfer[i]);
      else append(list, both[1][i]);
    }
    refuseIfBranded();
    return { copy: both[0], list: iterable(list) };
  }

  // Methods have no prototype and no construct, as the natives.
  const guarded = {
    structuredClone(value: unknown, options?: unknown): unknown {
      if (!isObject(value) && options === undefined) {
        return apply(nativeClone as (...given: unknown[]) => unknown, undefined, arguments);
      }
      const transfer = isObject(options) ? handedOverBy((options as { transfer?: unknown }).transfer) : null;
      if (transfer === null || transfer.length === 0) {
        if (!isObject(value)) return nativeClone(value);
        try {
          return plainCopy(value, []);
        } catch (error) {
          // By itself it is taken from the store at once: nothing of the app's can come between.
          if (isShared(value)) return nativeClone(value);
          throw error;
        }
      }
      const { copy, list } = copyAndHandOver(value, transfer, null);
      return list.length === 0 ? copy : nativeClone(copy, bare({ transfer: list as Transferable[] }));
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
      apply(nativePost, this, [copy, bare({ transfer: list })]);
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
const UNCLONEABLE = " could not be cloned.";

function refuse(message: string): never {
  throw new NativeDomException(message, "DataCloneError");
}

function isObject(value: unknown): boolean {
  return value !== null && (typeof value === "object" || typeof value === "function");
}

function isArrayBuffer(value: unknown): boolean {
  return answers(byteLengthOf, value, []);
}

/** Whether it is of the two kinds of memory that are shared and never copied. */
function isShared(value: unknown): boolean {
  return answers(sharedLengthOf, value, []) || answers(exportsOf, undefined, [value]);
}

function answers(look: (...given: never[]) => unknown, self: unknown, given: unknown[]): boolean {
  try {
    apply(look, self, given);
    return true;
  } catch {
    return false;
  }
}

/** @throws DataCloneError when it cannot be taken from whom it belongs to, as the memory of a WebAssembly instance */
function detach(buffer: unknown): void {
  try {
    apply(transferOf, buffer, [0]);
  } catch {
    refuse("An ArrayBuffer cannot be handed over");
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
