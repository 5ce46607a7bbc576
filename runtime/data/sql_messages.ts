/** What the host and a process that runs SQL write into each other's pipe: frames of a length and their bytes. */

/** Before the bytes of a frame: their number, 32 bits, little endian. */
export const SQL_LENGTH_BYTES = 4;

/** What a database is asked: one statement, several as one transaction, lines one after the other; by people also a task. */
export type SqlOperation = "query" | "batch" | "exec" | "task";

/** In the order of their numbers in a frame. */
const OPERATIONS: readonly SqlOperation[] = ["query", "batch", "exec", "task"];

/** A value of a statement; bytes are hexadecimal digits. */
export type SqlParam = null | number | string | { readonly hex: string };

/**
 * What is answered: rows as objects with what is told of them, rows as lists with their columns' names, one object, or rows
 * as lists with both.
 */
export type SqlShape = "all" | "raw" | "first" | "full";

/** One statement as the app's side wrote it. */
export interface SqlStatement {
  readonly sql: string;
  readonly params: readonly SqlParam[];
  /** All, where it is missing. */
  readonly shape?: SqlShape;
}

/** Whose calls stand in a frame. */
export interface SqlTarget {
  /** Name of the database, which is that of its file. */
  readonly store: string;
  /** What the database may hold. */
  readonly maxBytes: number;
}

/** One call as the host got it. */
export interface SqlAsked {
  readonly operation: SqlOperation;
  /** JSON of a list of {@linkcode SqlStatement}; from beyond the wall, so it may be anything. */
  readonly statements: Uint8Array | string;
}

/** The same as it arrives. */
export interface SqlArrived extends SqlAsked {
  readonly statements: Uint8Array;
}

/**
 * The first byte of an answer: JSON of results of what may have written, an error for the app, one for the log, a full
 * disk, or not run; JSON of what only reads, and of what answers the same until something is written.
 */
export const SQL_ANSWER = { RESULTS: 0, TOLD: 1, FAILED: 2, FULL: 3, NOT_RUN: 4, READ: 5, LASTING: 6 } as const;

/** Before what an answer says: its kind, and bytes that the database holds. */
export const SQL_ANSWER_HEAD_BYTES = 9;

/** How a process ends whose query takes too much memory. */
export const MEMORY_EXIT_CODE = 77;

/** Before the statements of a call: its operation and their length. */
const ASKED_HEAD_BYTES = 5;
/** Before the calls: what the database may hold, and how long its name is. */
const TARGET_BYTES = 9;

/** Answers up to this are written into a buffer that is there: each new one of a few bytes takes 1 to 2 µs. */
const SHORT_BYTES = 64 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Calls on one database in one frame; each of them is answered in a frame of its own, in their order. */
export function orderFrame({ store, maxBytes }: SqlTarget, calls: readonly SqlAsked[]): Uint8Array<ArrayBuffer> {
  const most = calls.reduce(
    (sum, { statements }) => sum + ASKED_HEAD_BYTES + mostBytesOf(statements),
    SQL_LENGTH_BYTES + TARGET_BYTES + mostBytesOf(store),
  );
  const frame = new Uint8Array(most);
  const view = new DataView(frame.buffer);
  view.setFloat64(SQL_LENGTH_BYTES, maxBytes, true);
  let at = SQL_LENGTH_BYTES + TARGET_BYTES;
  const named = written(frame, at, store);
  view.setUint8(SQL_LENGTH_BYTES + 8, named);
  at += named;
  for (const { operation, statements } of calls) {
    const length = written(frame, at + ASKED_HEAD_BYTES, statements);
    view.setUint8(at, OPERATIONS.indexOf(operation));
    view.setUint32(at + 1, length, true);
    at += ASKED_HEAD_BYTES + length;
  }
  view.setUint32(0, at - SQL_LENGTH_BYTES, true);
  return frame.subarray(0, at);
}

/** As many as a text may take in UTF-8, and as bytes do take. */
export function mostBytesOf(text: Uint8Array | string): number {
  return typeof text === "string" ? 3 * text.length : text.byteLength;
}

/** Without a buffer for each text. @returns how many bytes it takes */
function written(frame: Uint8Array, at: number, text: Uint8Array | string): number {
  if (typeof text === "string") return encoder.encodeInto(text, frame.subarray(at)).written;
  frame.set(text, at);
  return text.byteLength;
}

/** Reads what {@linkcode orderFrame} has written, without its length. */
export function readOrder(
  bytes: Uint8Array,
): { readonly target: SqlTarget; readonly calls: readonly SqlArrived[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = TARGET_BYTES + view.getUint8(8);
  const store = decoder.decode(bytes.subarray(TARGET_BYTES, at));
  const calls: SqlArrived[] = [];
  while (at < bytes.byteLength) {
    const from = at + ASKED_HEAD_BYTES;
    const end = from + view.getUint32(at + 1, true);
    calls.push({ operation: OPERATIONS[view.getUint8(at)]!, statements: bytes.subarray(from, end) });
    at = end;
  }
  return { target: { store, maxBytes: view.getFloat64(0, true) }, calls };
}

/** Null for what is none: it comes from beyond the wall. */
export function statementsOf(bytes: Uint8Array): readonly SqlStatement[] | null {
  try {
    const list: unknown = JSON.parse(decoder.decode(bytes));
    return Array.isArray(list) && list.every(isStatement) ? list : null;
  } catch {
    return null;
  }
}

function isStatement(value: unknown): value is SqlStatement {
  const { sql, params, shape } = (value ?? {}) as { sql?: unknown; params?: unknown; shape?: unknown };
  const isShaped = shape === undefined || shape === "all" || shape === "raw" || shape === "first" ||
    shape === "full";
  return typeof sql === "string" && Array.isArray(params) && params.every(isParam) && isShaped;
}

function isParam(value: unknown): value is SqlParam {
  if (value === null || typeof value === "number" || typeof value === "string") return true;
  const { hex } = value as { hex?: unknown };
  return typeof hex === "string" && hex.length % 2 === 0 && /^[0-9a-f]*$/.test(hex);
}

/** Writes answers, each in one frame. */
export class SqlAnswerFrames {
  readonly #short = new DataView(new ArrayBuffer(SHORT_BYTES));

  /** @returns a frame that holds until the next one is written */
  write(
    kind: (typeof SQL_ANSWER)[keyof typeof SQL_ANSWER],
    storedBytes: number,
    text: string,
  ): Uint8Array<ArrayBuffer> {
    const from = SQL_LENGTH_BYTES + SQL_ANSWER_HEAD_BYTES;
    const most = from + mostBytesOf(text);
    const view = most <= SHORT_BYTES ? this.#short : new DataView(new ArrayBuffer(most));
    const { written } = encoder.encodeInto(text, new Uint8Array(view.buffer, from));
    view.setUint32(0, SQL_ANSWER_HEAD_BYTES + written, true);
    view.setUint8(SQL_LENGTH_BYTES, kind);
    view.setFloat64(SQL_LENGTH_BYTES + 1, storedBytes, true);
    return new Uint8Array(view.buffer, 0, from + written);
  }
}

/** The length that a frame begins with. */
export function sqlFrameLength(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
