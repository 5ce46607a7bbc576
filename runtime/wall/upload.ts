/** A request's body on its way into an isolate: bounded in size, and in how slowly its client may send it. */
import type { Patience } from "../terms/app_call.ts";
import { NanoError } from "../errors.ts";
import type { ByteSource } from "../protocol/wire.ts";
import { BurstReader } from "./burst_reader.ts";

/** Reads a client's body for the wall, which reads only while the app has room for more. */
export class Upload implements ByteSource {
  readonly #source: ByteSource;
  readonly #maxBytes: number;
  /** Whether the client is waited for. */
  #reading = false;
  #total = 0;
  #windowAt: number | null = null;
  #windowTotal = 0;

  /** @param options.declaredBytes its length as the client says, or null when it says none */
  constructor(
    body: ReadableStream<Uint8Array>,
    { maxBytes, declaredBytes }: { readonly maxBytes: number; readonly declaredBytes: number | null },
  ) {
    this.#source = declaredBytes === null ? new BurstReader(body) : body.getReader();
    this.#maxBytes = maxBytes;
  }

  /** @throws {NanoError} BODY_TOO_LARGE once it has given more than it may */
  async read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    this.#reading = true;
    const result = await this.#source.read();
    this.#reading = false;
    this.#total += result.value?.byteLength ?? 0;
    if (this.#total > this.#maxBytes) throw bodyTooLarge(this.#maxBytes);
    return result;
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#source.cancel(reason);
  }

  /** Looked at now and then: whether the client was waited for all the while and brought too little. */
  isTooSlow(nowMs: number, { bodyWindowMs, bodyBytesPerSecond }: Patience): boolean {
    if (this.#windowAt === null || !this.#reading) {
      this.#beginWindow(nowMs);
      return false;
    }
    const elapsedMs = nowMs - this.#windowAt;
    if (elapsedMs < bodyWindowMs) return false;
    const isSlow = (this.#total - this.#windowTotal) * 1000 < bodyBytesPerSecond * elapsedMs;
    this.#beginWindow(nowMs);
    return isSlow;
  }

  #beginWindow(nowMs: number): void {
    this.#windowAt = nowMs;
    this.#windowTotal = this.#total;
  }
}

/** The answer to a body that is longer than its app allows. */
export function bodyTooLarge(maxBytes: number): NanoError {
  return new NanoError("BODY_TOO_LARGE", `Cannot accept a request body of more than ${maxBytes} bytes`);
}
