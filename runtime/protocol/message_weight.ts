/** What a WebSocket message weighs while it waits for the app: both sides of the wall count alike. */
import { bufferLength, bytesLength, isUint8Array } from "./primordials.ts";

/** The least: about what an empty one costs on its way, so that empty ones fill the bound too. */
const LEAST_BYTES = 64;

/** Counts a text by its UTF-16 code units, bytes by their number. */
export function messageWeight(data: string | ArrayBuffer | Uint8Array): number {
  const size = typeof data === "string"
    ? data.length
    : isUint8Array(data)
    ? bytesLength(data)
    : bufferLength(data as ArrayBuffer);
  return size < LEAST_BYTES ? LEAST_BYTES : size;
}
