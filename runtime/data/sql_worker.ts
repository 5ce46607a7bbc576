/// <reference lib="deno.worker" />
/** The thread of a process that runs SQL: reads calls from the pipe, and tells all answers before it begins a write. */
import { messageOf } from "../errors.ts";
import { SyncPipeReader } from "./pipe_reader.ts";
import { preparedPath } from "./prepared_path.ts";
import { SqlError } from "./sql_error.ts";
import { type SqlEffect, SqlFile } from "./sql_file.ts";
import {
  readOrder,
  SQL_ANSWER,
  SQL_LENGTH_BYTES,
  SqlAnswerFrames,
  type SqlArrived,
  sqlFrameLength,
  type SqlTarget,
  statementsOf,
} from "./sql_messages.ts";
import { SqlOutbox } from "./sql_outbox.ts";
import { runSqlTask } from "./sql_tasks.ts";
import { SqlWatch } from "./sql_watch.ts";

/** Files open at once, of three descriptors each. */
const MAX_OPEN = 16;
/** A frame's calls that have not begun by then are given back: other apps may wait for this process. */
const FRAME_MS = 50;

const KINDS = {
  "may write": SQL_ANSWER.RESULTS,
  reads: SQL_ANSWER.READ,
  lasting: SQL_ANSWER.LASTING,
} as const satisfies Record<
  SqlEffect,
  number
>;

const frames = new SqlAnswerFrames();
let folder = "";
let outbox: SqlOutbox;
/** In the order of their last use. */
const open = new Map<string, SqlFile>();

/** What the other thread begins with. */
interface Start {
  readonly folder: string;
  readonly watch: SharedArrayBuffer;
  readonly outbox: SharedArrayBuffer;
}

self.onmessage = ({ data }: MessageEvent<Start>) => {
  folder = data.folder;
  const watch = new SqlWatch(data.watch);
  outbox = new SqlOutbox(Deno.stdout, data.outbox);
  const pipe = new SyncPipeReader(Deno.stdin);
  for (;;) {
    const length = pipe.take(SQL_LENGTH_BYTES);
    const frame = length === null ? null : pipe.take(sqlFrameLength(length));
    if (frame === null) return self.postMessage("gone");
    if (watch.begin()) self.postMessage("running");
    runFrame(frame);
    watch.end();
  }
};

function runFrame(frame: Uint8Array): void {
  const { target, calls } = readOrder(frame);
  const startedAt = performance.now();
  let now = startedAt;
  open.get(target.store)?.begin();
  for (const call of calls) {
    const isLate = now - startedAt > FRAME_MS;
    const answer = isLate ? frames.write(SQL_ANSWER.NOT_RUN, 0, "") : answerTo(target, call);
    now = performance.now();
    outbox.add(answer, now);
  }
  outbox.flush();
}

function answerTo({ store, maxBytes }: SqlTarget, { operation, statements: json }: SqlArrived): Uint8Array {
  try {
    const statements = statementsOf(json);
    if (statements === null) throw new SqlError("Cannot read the statements: SQLITE_MISUSE");
    if (operation === "task") {
      return frames.write(SQL_ANSWER.RESULTS, 0, runSqlTask({ folder, store, maxBytes }, statements));
    }
    const file = fileOf(store);
    try {
      file.limit(maxBytes);
      const text = operation === "exec" ? file.exec(statements) : file.batch(statements);
      return frames.write(operation === "exec" ? SQL_ANSWER.RESULTS : KINDS[file.effect], file.bytes, text);
    } finally {
      if (file.isTouched) {
        open.delete(store);
        file[Symbol.dispose]();
      }
    }
  } catch (error) {
    if (!(error instanceof SqlError)) return frames.write(SQL_ANSWER.FAILED, 0, messageOf(error));
    return frames.write(error.isFull ? SQL_ANSWER.FULL : SQL_ANSWER.TOLD, 0, error.message);
  }
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
  // Of calls that are behind the one that ended a process, the host runs those again that were not answered.
  return new SqlFile(preparedPath(folder, store), () => outbox.flush());
}
