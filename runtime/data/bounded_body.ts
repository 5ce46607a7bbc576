/** Bytes that somebody else makes, read within bounds. */
import { messageOf } from "../errors.ts";

/** Bytes that their sender has spoilt: by a failure, or by too many of them. */
export class BadBody extends Error {
  override readonly name: string = "BadBody";
}

/** The same with more bytes than are wanted. */
export class BodyTooLong extends BadBody {
  override readonly name = "BodyTooLong";
}

/** How a body is read. */
export interface BodyBounds {
  /** More bytes are a failure. */
  readonly maxBytes: number;
  /** Ends the reading, also one that waits. */
  readonly signal: AbortSignal;
}

/**
 * Its chunks, none of them empty; who stops before the last one cancels it.
 * @throws {BadBody} when its stream fails or is too long
 */
export async function* boundedBody(
  body: Uint8Array | ReadableStream<Uint8Array>,
  { maxBytes, signal }: BodyBounds,
): AsyncGenerator<Uint8Array, void> {
  signal.throwIfAborted();
  const reader = (body instanceof Uint8Array ? ReadableStream.from([body]) : body).getReader();
  const onAbort = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", onAbort, { once: true });
  let size = 0;
  let isWhole = false;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        throw new BadBody(`The stream of the value failed: ${messageOf(error)}`);
      });
      signal.throwIfAborted();
      if (done) break;
      size += value.byteLength;
      if (size > maxBytes) {
        throw new BodyTooLong(`The stream of the value has more than the ${maxBytes} bytes that it promised`);
      }
      if (value.byteLength > 0) yield value;
    }
    isWhole = true;
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!isWhole) reader.cancel().catch(() => {});
  }
}
