/** Values as bytes that outlive the isolate, by V8's own format, as structuredClone takes them. */
import { bare } from "../../protocol/bare.ts";
import { NativeDOMException } from "../../protocol/primordials.ts";
import { isHeavyClone, TOO_HEAVY } from "./clone_weight.ts";

/** What this needs of Deno's inside. */
interface ValueCore {
  readonly serialize: (
    value: unknown,
    options: unknown,
    onError: (message: string) => never,
  ) => Uint8Array<ArrayBuffer>;
  readonly deserialize: (bytes: Uint8Array, options: unknown) => unknown;
}

const { Deno: ownDeno } = globalThis as unknown as { Deno: Record<PropertyKey, unknown> };
const { core } = ownDeno[ownDeno.internal as symbol] as { core: ValueCore };
const { serialize, deserialize } = core;

/** @throws {DOMException} DataCloneError, also for what belongs to this isolate alone, such as shared memory */
export function bytesOfValue(value: unknown): Uint8Array<ArrayBuffer> {
  if (isHeavyClone(value)) refuse(TOO_HEAVY);
  const bytes = serialize(value, bare({ forStorage: true }), refuse);
  // Blobs, keys and whatever says that Deno shall build it: written they are, but nobody reads them again.
  try {
    valueOfBytes(bytes);
  } catch {
    refuse("Cannot clone object of unsupported type.");
  }
  return bytes;
}

/** @throws {RangeError} for bytes that are no value; without builders nothing is built that an object only claims to be */
export function valueOfBytes(bytes: Uint8Array): unknown {
  return deserialize(bytes, bare({ forStorage: true }));
}

function refuse(message: string): never {
  throw new NativeDOMException(message, "DataCloneError");
}
