/** Writes an upload to a file, within its bound. */
import { messageOf, NanoError } from "../errors.ts";
import { UNPACK_LIMITS } from "./unpack_limits.ts";

/**
 * Writes a stream to a new file.
 * @param path of the file; on failure it holds a part
 * @param signal ends the wait for a client that sends nothing more
 * @throws {NanoError} BODY_TOO_LARGE, BAD_REQUEST when the stream fails, INTERNAL when the disk refuses; the signal's
 *   reason when it aborts
 */
export async function receiveUpload(
  stream: ReadableStream<Uint8Array>,
  { path, signal, onChunk }: {
    readonly path: string;
    readonly signal?: AbortSignal | undefined;
    readonly onChunk?: (chunk: Uint8Array) => void;
  },
): Promise<void> {
  const reader = stream.getReader();
  function stop(): void {
    // Ends a read that waits; what became of the stream is of no interest then.
    reader.cancel(signal?.reason).catch(() => {});
  }
  signal?.addEventListener("abort", stop);
  let whole = false;
  try {
    signal?.throwIfAborted();
    using file = await storing(Deno.open(path, { write: true, createNew: true, mode: 0o600 }));
    let bytes = 0;
    for (;;) {
      const { done, value } = await receiving(reader.read());
      signal?.throwIfAborted();
      if (done) break;
      bytes += value.length;
      if (bytes > UNPACK_LIMITS.maxArchiveBytes) throw tooLong();
      onChunk?.(value);
      await storing(writeAll(file, value));
    }
    whole = true;
  } finally {
    signal?.removeEventListener("abort", stop);
    if (!whole) stop();
    reader.releaseLock();
  }
}

function tooLong(): NanoError {
  const { maxArchiveBytes } = UNPACK_LIMITS;
  return new NanoError("BODY_TOO_LARGE", `Cannot take the archive: it is longer than ${maxArchiveBytes} bytes`);
}

async function receiving<Result>(read: Promise<Result>): Promise<Result> {
  try {
    return await read;
  } catch (cause) {
    if (cause instanceof NanoError) throw cause;
    throw new NanoError("BAD_REQUEST", `Cannot take the archive: the upload broke off (${messageOf(cause)})`, {
      cause,
    });
  }
}

async function storing<Result>(operation: Promise<Result>): Promise<Result> {
  try {
    return await operation;
  } catch (cause) {
    throw new NanoError("INTERNAL", `Cannot keep the uploaded archive: ${messageOf(cause)}`, { cause });
  }
}

async function writeAll(file: Deno.FsFile, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length) written += await file.write(chunk.subarray(written));
}
