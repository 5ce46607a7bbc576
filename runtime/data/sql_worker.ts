/// <reference lib="deno.worker" />
/** The thread of a process that runs SQL; the other one watches the pipe, as a query may take for ever. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../errors.ts";
import { SqlError } from "./sql_error.ts";
import { SqlFile } from "./sql_file.ts";
import { ANSWER, answerFrame, readOrder, type SqlOrder, type SqlStatement } from "./sql_messages.ts";

/** Files open at once, of three descriptors each. */
const MAX_OPEN = 16;

let folder = "";
/** In the order of their last use. */
const open = new Map<string, SqlFile>();

self.onmessage = ({ data }: MessageEvent<string | Uint8Array>) => {
  if (typeof data === "string") {
    folder = data;
    return;
  }
  const answer = answerTo(data);
  self.postMessage(answer, [answer.buffer]);
};

function answerTo(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const { order, statements } = readOrder(frame);
  try {
    if (statements === null) throw new SqlError("Cannot read the statements: SQLITE_MISUSE");
    const file = fileOf(order.store);
    try {
      file.limit(order.maxBytes);
      const text = run(file, order, statements);
      return answerFrame(ANSWER.RESULTS, file.bytes, text);
    } finally {
      if (file.isTouched) {
        open.delete(order.store);
        file[Symbol.dispose]();
      }
    }
  } catch (error) {
    if (!(error instanceof SqlError)) return answerFrame(ANSWER.FAILED, 0, messageOf(error));
    return answerFrame(error.isFull ? ANSWER.FULL : ANSWER.TOLD, 0, error.message);
  }
}

function run(file: SqlFile, { operation }: SqlOrder, statements: readonly SqlStatement[]): string {
  return operation === "exec" ? file.exec(statements) : file.batch(statements);
}

function fileOf(store: string): SqlFile {
  const known = open.get(store);
  open.delete(store);
  if (open.size >= MAX_OPEN) {
    const [name, oldest] = open.entries().next().value!;
    open.delete(name);
    oldest[Symbol.dispose]();
  }
  const file = known ?? opened(store);
  open.set(store, file);
  return file;
}

function opened(store: string): SqlFile {
  const path = join(folder, `${store}.db`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Made here and not by SQLite, which would give it the umask's mode; its -wal and -shm files take over this mode.
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  return new SqlFile(path);
}
