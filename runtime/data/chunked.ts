/** Long values of bindings on their way to an isolate. */

const CHUNK_BYTES = 64 * 1024;

/** A value in copied pieces, as what is sent is detached; `onEnd` is called at its end or when nobody reads on. */
export function chunked(value: Uint8Array, onEnd: () => void): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(value.slice(at, at += CHUNK_BYTES));
      if (at < value.byteLength) return;
      controller.close();
      onEnd();
    },
    cancel: onEnd,
  }, { highWaterMark: 0 });
}
