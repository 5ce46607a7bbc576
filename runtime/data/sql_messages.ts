/** What the host and a process that runs SQL write into each other's pipe: frames of a length and their bytes. */

/** Before the bytes of a frame: their number, 32 bits, little endian. */
export const LENGTH_BYTES = 4;

/** What a database is asked: one statement, several as one transaction, or lines one after the other. */
export type SqlOperation = "query" | "batch" | "exec";

/** A value of a statement; bytes are hexadecimal digits. */
export type SqlParam = null | number | string | { readonly hex: string };

/** One statement as the app's side wrote it. */
export interface SqlStatement {
  readonly sql: string;
  readonly params: readonly SqlParam[];
}

/** What a process is told of a call; the statements' JSON stands behind it. */
export interface SqlOrder {
  /** Name of the database, which is that of its file. */
  readonly store: string;
  readonly operation: SqlOperation;
  /** What the database may hold. */
  readonly maxBytes: number;
}

/** The first byte of an answer: JSON of results, an error for the app, or one for the log. */
export const ANSWER = { RESULTS: 0, TOLD: 1, FAILED: 2, FULL: 3 } as const;

/** Before what an answer says: its kind, and bytes that the database holds. */
export const ANSWER_HEAD_BYTES = 9;

/** How a process ends whose query takes too much memory. */
export const MEMORY_EXIT_CODE = 77;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A call in one frame: its length, the order on a line, the statements. */
export function orderFrame(order: SqlOrder, statements: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(JSON.stringify(order) + "\n");
  const frame = new Uint8Array(LENGTH_BYTES + head.byteLength + statements.byteLength);
  new DataView(frame.buffer).setUint32(0, head.byteLength + statements.byteLength, true);
  frame.set(head, LENGTH_BYTES);
  frame.set(statements, LENGTH_BYTES + head.byteLength);
  return frame;
}

/** Reads what {@linkcode orderFrame} has written, without its length; the statements are null when they are none. */
export function readOrder(
  bytes: Uint8Array,
): { readonly order: SqlOrder; readonly statements: readonly SqlStatement[] | null } {
  const end = bytes.indexOf(10);
  const order = JSON.parse(decoder.decode(bytes.subarray(0, end))) as SqlOrder;
  return { order, statements: statementsOf(decoder.decode(bytes.subarray(end + 1))) };
}

/** Null for what is none: it comes from beyond the wall. */
function statementsOf(text: string): readonly SqlStatement[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every(isStatement) ? list : null;
  } catch {
    return null;
  }
}

function isStatement(value: unknown): value is SqlStatement {
  const { sql, params } = (value ?? {}) as { sql?: unknown; params?: unknown };
  return typeof sql === "string" && Array.isArray(params) && params.every(isParam);
}

function isParam(value: unknown): value is SqlParam {
  if (value === null || typeof value === "number" || typeof value === "string") return true;
  const { hex } = value as { hex?: unknown };
  return typeof hex === "string" && hex.length % 2 === 0 && /^[0-9a-f]*$/.test(hex);
}

/** An answer in one frame. */
export function answerFrame(
  kind: (typeof ANSWER)[keyof typeof ANSWER],
  storedBytes: number,
  text: string,
): Uint8Array<ArrayBuffer> {
  const body = encoder.encode(text);
  const frame = new Uint8Array(LENGTH_BYTES + ANSWER_HEAD_BYTES + body.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, ANSWER_HEAD_BYTES + body.byteLength, true);
  view.setUint8(LENGTH_BYTES, kind);
  view.setFloat64(LENGTH_BYTES + 1, storedBytes, true);
  frame.set(body, LENGTH_BYTES + ANSWER_HEAD_BYTES);
  return frame;
}

/** Cuts a stream of bytes into what was asked for. */
export class PipeReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Lets go of the pipe. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  /** @returns so many bytes, or null when the stream ends before */
  async take(length: number): Promise<Uint8Array | null> {
    const whole = new Uint8Array(length);
    let filled = 0;
    for (;;) {
      const part = this.#rest.subarray(0, length - filled);
      whole.set(part, filled);
      filled += part.byteLength;
      this.#rest = this.#rest.subarray(part.byteLength);
      if (filled === length) return whole;
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#rest = value;
    }
  }
}

/** The length that a frame begins with. */
export function frameLength(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
