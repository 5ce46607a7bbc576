/** The forms of a WebSocket's message: as an app gives it, and as it gets it. */
import { bufferLength, bytesBuffer, bytesLength, NativeString } from "../../protocol/primordials.ts";
import { type AppBlob, blobInternals } from "../bodies/blob.ts";
import { copyOf, joinParts, sharedOrOwnBytes } from "../bodies/byte_parts.ts";
import { requireRoom } from "../bodies/external_room.ts";

/** What an app sends, as the wall takes it: a copy, which nobody writes to any more. */
export function toMessage(data: string | ArrayBufferLike | ArrayBufferView | Blob): string | Uint8Array {
  if (typeof data === "string") return data;
  if (blobInternals.isBlob(data)) return joinParts(blobInternals.partsOf(data), blobInternals.sizeOf(data));
  const bytes = sharedOrOwnBytes(data);
  return bytes === null ? NativeString(data) : copyOf(bytes);
}

/**
 * The bytes as a Blob.
 * @throws {RangeError} when the app holds too much, messages that it has done with not counted
 */
export function blobOf(bytes: Uint8Array<ArrayBuffer>): AppBlob {
  requireRoom(bytesLength(bytes), "a Blob");
  return blobInternals.create([bytes], "");
}

/** The bytes' own buffer where they fill it, as they do from 4 KiB on. */
export function bufferOf(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const buffer = bytesBuffer(bytes) as ArrayBuffer;
  return bytesLength(bytes) === bufferLength(buffer) ? buffer : bytesBuffer(copyOf(bytes)) as ArrayBuffer;
}

/** Characters of a text, bytes of anything else. */
export function sizeOf(message: string | Uint8Array): number {
  return typeof message === "string" ? message.length : bytesLength(message);
}
