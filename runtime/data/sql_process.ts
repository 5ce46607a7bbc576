/** The host's end of one process that runs SQL: one call at a time, ended by force when a query does not end. */
import { fileURLToPath } from "node:url";
import { ANSWER_HEAD_BYTES, frameLength, LENGTH_BYTES, orderFrame, PipeReader, type SqlOrder } from "./sql_messages.ts";

/** What a process answered. */
export interface SqlAnswer {
  /** See ANSWER. */
  readonly kind: number;
  readonly storedBytes: number;
  readonly text: Uint8Array;
}

/** What the child process is needed for. */
export interface SqlChild {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly status: Promise<{ readonly code: number }>;
  kill(signal: "SIGKILL"): void;
}

/** One process. */
export class SqlProcess {
  /** The database that it worked on last, whose file it has open. */
  lastStore = "";
  /** Settles when it is gone, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #child: SqlChild;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: PipeReader;

  constructor(child: SqlChild) {
    this.#child = child;
    this.ended = child.status.then(() => {});
    this.#writer = child.stdin.getWriter();
    this.#reader = new PipeReader(child.stdout);
  }

  /**
   * Runs a call.
   * @param room waited for before an answer of so many bytes is read
   * @returns null when the process has ended before its answer, whoever ended it
   */
  async run(
    order: SqlOrder,
    statements: Uint8Array,
    room: (bytes: number) => Promise<void>,
  ): Promise<SqlAnswer | null> {
    this.lastStore = order.store;
    // A pipe that broke tells by its other end.
    this.#writer.write(orderFrame(order, statements)).catch(() => {});
    const head = await this.#reader.take(LENGTH_BYTES + ANSWER_HEAD_BYTES).catch(() => null);
    if (head === null) return null;
    const length = frameLength(head) - ANSWER_HEAD_BYTES;
    await room(length);
    const text = await this.#reader.take(length).catch(() => null);
    if (text === null) return null;
    const view = new DataView(head.buffer, LENGTH_BYTES);
    return { kind: view.getUint8(0), storedBytes: view.getFloat64(1, true), text };
  }

  /**
   * Ends it as a crash would, also in the middle of a query; settles when it is gone, and its locks with it.
   * @returns its exit code, which is its own when it had ended before
   */
  async end(): Promise<number> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    const { code } = await this.#child.status;
    await this.#writer.abort().catch(() => {});
    await this.#reader.cancel();
    return code;
  }
}

/** Starts a process that may read and write below a folder, and nothing else. */
export function spawnSql(folder: string): SqlChild {
  if (Deno.build.standalone) throw new Error("Cannot start a process for SQL: a compiled NANO has no Deno in it");
  const main = new URL("./sql_main.ts", import.meta.url);
  const isLocal = main.protocol === "file:";
  // Modules of a thread are read with the permissions of whoever starts it.
  const readable = isLocal ? [folder, fileURLToPath(new URL("../", main))] : [folder];
  const kept = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH"];
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--no-config", "--no-lock", "--cached-only", "--no-check"],
      // A comma in a path is written twice.
      ...[`--allow-read=${readable.map(escaped).join()}`, `--allow-write=${escaped(folder)}`],
      ...[isLocal ? fileURLToPath(main) : main.href, folder],
    ],
    clearEnv: true,
    env: Object.fromEntries(kept.flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    })),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

function escaped(path: string): string {
  return path.replaceAll(",", ",,");
}
