/** The forms of a WebSocket's message: as an app gives it, and as it gets it. */

import { type AppBlob, blobInternals } from "../bodies/blob.ts";
import { joinParts } from "../bodies/byte_parts.ts";
import { requireRoom } from "../bodies/external_room.ts";

const NativeUint8Array = Uint8Array;

/** What an app sends, as the wall takes it: a copy, which nobody writes to any more. */
export function toMessage(data: string | ArrayBufferLike | ArrayBufferView | Blob): string | Uint8Array {
  if (blobInternals.isBlob(data)) return joinParts(blobInternals.partsOf(data), blobInternals.sizeOf(data));
  if (ArrayBuffer.isView(data)) return new NativeUint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new NativeUint8Array(data).slice();
  return String(data);
}

/**
 * The bytes as a Blob.
 * @throws {RangeError} when the app holds too much, messages that it has done with not counted
 */
export function blobOf(bytes: Uint8Array<ArrayBuffer>): AppBlob {
  requireRoom(bytes.byteLength, "a Blob");
  return blobInternals.create([bytes], "");
}

/** The bytes' own buffer where they fill it, as they do from 4 KiB on. */
export function bufferOf(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
