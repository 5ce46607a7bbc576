/** Texts and bytes that are too long to cross whole: in pieces, so that the host holds no more of them than is under way. */
import { bare } from "../../protocol/bare.ts";
import { type ByteSource, WINDOW_BYTES } from "../../protocol/byte_stream.ts";
import {
  bytesLength,
  encodedSize,
  encodeText,
  NativeRangeError,
  resolved,
  stringCharCodeAt,
  stringSlice,
  uncurry,
} from "../../protocol/primordials.ts";
import { requireRoom } from "../bodies/external_room.ts";
import { KnownBody } from "../bodies/known_body.ts";

const PIECE_SIZE = 64 * 1024;
const bytesSlice = uncurry(Uint8Array.prototype.slice);

/** Whether a body is more than a stream would have under way: what crosses whole is the host's memory, and nobody's limit. */
export function isLong(body: string | Uint8Array): boolean {
  return (typeof body === "string" ? body.length : bytesLength(body)) > WINDOW_BYTES;
}

/** The bytes of a body piece by piece; each is a buffer of its own. */
export function piecesOf(body: string | Uint8Array): ByteSource {
  let at = 0;
  return {
    read() {
      const from = at;
      let value: Uint8Array<ArrayBuffer>;
      if (typeof body === "string") {
        at = pieceEnd(body, from);
        value = encodeText(stringSlice(body, from, at));
      } else value = bytesSlice(body, from, at += PIECE_SIZE) as Uint8Array<ArrayBuffer>;
      const result = bytesLength(value) === 0 ? bare({ done: true as const }) : bare({ done: false as const, value });
      return resolved(result) as ReturnType<ByteSource["read"]>;
    },
    cancel: () => resolved(undefined) as Promise<void>,
  };
}

/** The same as a body that can be sent again. @throws {RangeError} when the app has no room for the bytes of a text */
export function knownBytes(body: string | Uint8Array): KnownBody {
  if (typeof body !== "string") return new KnownBody([body as Uint8Array<ArrayBuffer>], "");
  requireRoom(sizeOfPieces(body), "a body");
  return new KnownBody([encodeText(body)], "");
}

let heapLimitBytes = Infinity;

/** Sets what the app may hold in its heap, where its texts lie. @boot */
export function limitTexts(heapBytes: number): void {
  heapLimitBytes = heapBytes;
}

/**
 * How many bytes there are in all pieces.
 * @throws {RangeError} for a text that alone is more than the app may hold: it would be ended while the text is on its way,
 * and its client cut off
 */
export function sizeOfPieces(body: string | Uint8Array): number {
  if (typeof body !== "string") return bytesLength(body);
  if (body.length > heapLimitBytes) {
    throw new NativeRangeError(
      `Cannot send a text of ${body.length} characters: the app may hold ${heapLimitBytes} bytes in its heap (memory_mb)`,
    );
  }
  return encodedSize(body);
}

/** Never between the halves of a character. */
function pieceEnd(text: string, from: number): number {
  const end = from + PIECE_SIZE;
  if (end >= text.length) return text.length;
  const last = stringCharCodeAt(text, end - 1);
  return last >= 0xd800 && last < 0xdc00 ? end - 1 : end;
}
