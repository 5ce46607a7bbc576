/**
 * Keeps forged clones from Deno's deserializer: an object tells under a registered symbol what travels for it, an app can
 * give its own objects that symbol, and a type that nobody builds ends the whole process in Deno 2.9.6.
 *
 * The symbol cannot be hidden (a Proxy in a prototype chain is asked for it), and what it leads to may change from one
 * look to the next. So the bytes are judged: what was written once is what is read.
 *
 * Deno keeps buffers that a message hands over in a store of the whole process, from which only the reading of that
 * message takes them: of an isolate that is killed they stay for good. So an app's buffers go as bytes of the message, and
 * what it shares waits in the isolate (`shared_travel.ts`).
 */
import { types } from "node:util";
import { bare } from "../../protocol/bare.ts";
import { getterOf, stringStartsWith } from "../../protocol/primordials.ts";
import { SafeSet } from "../../protocol/safe_collections.ts";
import { listOf } from "../../protocol/safe_lists.ts";
import { isHeavyClone, TOO_HEAVY } from "../bodies/clone_weight.ts";
import { isForged } from "./forged_clones.ts";
import { nestPorts, watchChannels } from "./port_nesting.ts";
import { copySharing, forgetShared, readShared, SHARED_TYPE } from "./shared_travel.ts";

const NativeDomException = DOMException;
const { isNativeError } = types;
const { apply } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { isArray } = Array;
const ITERATOR: typeof Symbol.iterator = Symbol.iterator;
const nativeClone = structuredClone;
const nativePost = MessagePort.prototype.postMessage as (...given: unknown[]) => void;
const byteLengthOf = getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;

/** What this needs of Deno's inside. */
interface CloneCore {
  readonly hostObjectBrand: symbol;
  readonly getCloneableDeserializers: () => Record<string, unknown>;
  readonly serialize: (value: unknown, options: unknown, onError: (message: string) => never) => Uint8Array;
  readonly deserialize: (bytes: Uint8Array, options: unknown) => unknown;
}

interface Copy {
  readonly copy: unknown;
  /** Of what now waits to be read. */
  readonly ids: readonly number[];
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
  deserializers[SHARED_TYPE] = readShared;
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

  /**
   * A copy in which nothing of the app's can speak any more; what is handed over stays the same in it.
   * @throws what {@linkcode isOfShared} knows for what shares memory or modules
   */
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
    if (isHeavyClone(value)) refuse(TOO_HEAVY);
    const graph = handedOver.length === 0 ? value : [value, handedOver];
    // As if it were to be kept: so nothing comes into the stores of the process.
    const bytes = serialize(graph, bare({ hostObjects, forStorage: true }), refuseUnlessShared);
    if (isForged(bytes)) refuse(UNSUPPORTED);
    return deserialize(bytes, bare({ hostObjects, deserializers }));
  }

  /** The same of what may share memory or modules; `isSent` when it goes on in a message, and not to the app. */
  function copyOf(value: unknown, handedOver: readonly unknown[], isSent: boolean): Copy {
    try {
      return { copy: plainCopy(value, handedOver), ids: [] };
    } catch (error) {
      if (!isOfShared(error)) throw error;
    }
    return copySharing(handedOver.length === 0 ? value : [value, handedOver], {
      brand: isSent ? hostObjectBrand : null,
      isLeft: (one) => isIn(handedOver, one) && !isArrayBuffer(one),
      copyLeaf: (leaf) => plainCopy(leaf, []),
      cloneOne: (one) => nativeClone(one),
    });
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
  ): { copy: unknown; list: unknown[]; ids: readonly number[] } {
    const ports: object[] = [];
    const seen = new SafeSet<unknown>();
    for (let i = 0; i < transfer.length; i++) {
      if (seen.has(transfer[i])) refuse("Cannot hand over the same thing twice");
      seen.add(transfer[i]);
      // What is no buffer is a port, or a stream: that stands on a port of its own, through which no port goes.
      if (!isArrayBuffer(transfer[i]) && !isStream(transfer[i])) define(ports, ports.length, transfer[i]);
    }
    if (ports.length > 0) nestPorts(through, ports);
    const { copy, ids } = copyOf(value, transfer, true);
    const both = copy as [unknown, unknown[]];
    const buffers: unknown[] = [];
    for (let i = 0; i < transfer.length; i++) {
      if (isArrayBuffer(transfer[i])) define(buffers, buffers.length, transfer[i]);
    }
    // The copy goes on with buffers of its own; who handed the others over must not have them any more.
    if (buffers.length > 0) nativeClone(null, bare({ transfer: iterable(buffers) as Transferable[] }));
    refuseIfBranded();
    return { copy: both[0], list: iterable(both[1]), ids };
  }

  /** Does what a copy is for; what waits to be read, and never will be as it fails, is forgotten. */
  function sending<Result>(ids: readonly number[], send: () => Result): Result {
    try {
      return send();
    } catch (error) {
      forgetShared(ids);
      throw error;
    }
  }

  // Methods have no prototype and no construct, as the natives.
  const guarded = {
    structuredClone(value: unknown, options?: unknown): unknown {
      if (!isObject(value) && options === undefined) {
        return apply(nativeClone as (...given: unknown[]) => unknown, undefined, arguments);
      }
      const transfer = isObject(options) ? handedOverBy((options as { transfer?: unknown }).transfer) : null;
      if (transfer === null || transfer.length === 0) {
        return isObject(value) ? copyOf(value, [], false).copy : nativeClone(value);
      }
      const { copy, list, ids } = copyAndHandOver(value, transfer, null);
      return sending(ids, () => nativeClone(copy, bare({ transfer: list as Transferable[] })));
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
        const { copy, ids } = copyOf(message, [], true);
        return sending(ids, () => {
          refuseIfBranded();
          apply(nativePost, this, [copy]);
        });
      }
      if (isOwn) refuse("Transfer list contains source port");
      const { copy, list, ids } = copyAndHandOver(message, transfer, this as object);
      // The copy's buffers belong to nobody else, and go with it.
      const left: unknown[] = [];
      for (let i = 0; i < list.length; i++) if (!isArrayBuffer(list[i])) define(left, left.length, list[i]);
      sending(ids, () => apply(nativePost, this, [copy, bare({ transfer: iterable(left) })]));
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

/** Thrown where Deno does not keep a module. */
const OF_MODULE = new NativeDomException("Cannot copy what shares a module here", "DataCloneError");

function refuseUnlessShared(message: string): never {
  if (message === "Wasm modules cannot be stored") throw OF_MODULE;
  refuse(message);
}

/** Of shared memory V8 itself says so, by an error; getters of the app that throw the same are asked once more. */
function isOfShared(error: unknown): boolean {
  if (error === OF_MODULE) return true;
  if (!isNativeError(error)) return false;
  const text = getOwnPropertyDescriptor(error, "message")?.value;
  return typeof text === "string" && stringStartsWith(text, "#<");
}

function isIn(list: readonly unknown[], value: unknown): boolean {
  for (let at = 0; at < list.length; at++) if (list[at] === value) return true;
  return false;
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
