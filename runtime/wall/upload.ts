/** A request's body on its way into an isolate: bounded in size, and in how slowly its client may send it. */
import type { Patience } from "../terms/app_call.ts";
import { NanoError } from "../errors.ts";
import type { ByteSource } from "../protocol/wire.ts";
import { BurstReader } from "./burst_reader.ts";
import { chunkTurns } from "./chunk_turns.ts";

/** What is known of a body. */
export interface UploadOptions {
  readonly maxBytes: number;
  readonly declaredBytes: number | null;
  readonly isClients: boolean;
}

/** Reads a client's body for the wall, which reads only while the app has room for more. */
export class Upload implements ByteSource {
  readonly #source: BurstReader | ReadableStreamDefaultReader<Uint8Array>;
  readonly #maxBytes: number;
  readonly #isClients: boolean;
  /** Whether the client is waited for. */
  #reading = false;
  #total = 0;
  #windowAt: number | null = null;
  #windowTotal = 0;

  /**
   * @param options.declaredBytes its length as the client says, or null when it says none
   * @param options.isClients whether it comes from a connection, and not from another app
   */
  constructor(body: ReadableStream<Uint8Array>, { maxBytes, declaredBytes, isClients }: UploadOptions) {
    this.#source = declaredBytes === null ? new BurstReader(body) : body.getReader();
    this.#maxBytes = maxBytes;
    this.#isClients = isClients;
  }

  /** @throws {NanoError} BODY_TOO_LARGE once it has given more than it may */
  async read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    this.#reading = true;
    const result = await this.#source.read();
    this.#reading = false;
    const bytes = result.value?.byteLength ?? 0;
    this.#total += bytes;
    if (this.#total > this.#maxBytes) throw bodyTooLarge(this.#maxBytes);
    const turn = result.done ? null : chunkTurns.after(bytes);
    if (turn !== null) await turn;
    return result;
  }

  /**
   * Nothing more is read. A client's body Deno ends by itself with the answer; one that is cancelled before, it first
   * reads to the end of what has come, in one go: of twenty that came in chunks of a byte that took 35 s of CPU.
   */
  async cancel(reason?: unknown): Promise<void> {
    if (!this.#isClients) await this.#source.cancel(reason);
    else if (this.#source instanceof BurstReader) this.#source.leave();
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

/** The answer to a body that ended before its end, or that is none. */
export function bodyBroken(cause: unknown): NanoError {
  return new NanoError("BAD_REQUEST", "Cannot read the request body: it broke off or is malformed", { cause });
}
