/** The host's end of one process that runs SQL: the calls of one turn at a time, ended by force when a query does not end. */
import { fileURLToPath } from "node:url";
import { PipeReader } from "./pipe_reader.ts";
import {
  orderFrame,
  SQL_ANSWER_HEAD_BYTES,
  SQL_LENGTH_BYTES,
  type SqlAsked,
  sqlFrameLength,
  type SqlTarget,
} from "./sql_messages.ts";

const HEAD_BYTES = SQL_LENGTH_BYTES + SQL_ANSWER_HEAD_BYTES;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What a process answered. */
export interface SqlAnswer {
  /** See ANSWER. */
  readonly kind: number;
  readonly storedBytes: number;
  /** Text when it was short. */
  readonly text: Uint8Array | string;
}

/** What the child process is needed for. */
export interface SqlChild {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly status: Promise<{ readonly code: number }>;
  kill(signal: "SIGKILL"): void;
}

/** A call of a turn. */
export interface SqlJob {
  /** Another database whose file it opens. */
  readonly opens?: string;
  readonly asked: SqlAsked;
  /** Waited for before a long answer of so many bytes is read; when it fails, so does the call, and nothing else. */
  readonly room: (bytes: number) => Promise<void>;
}

/** Told how the calls of a turn go, in their order. */
export interface SqlListener {
  onAnswer(answer: SqlAnswer): void;
  /** There was no room for its answer. */
  onRefused(error: unknown): void;
}

/** One process. */
export class SqlProcess {
  /** The database that it worked on last, whose file it has open. */
  lastStore = "";
  /** Settles when it is gone, whoever ended it. */
  readonly ended: Promise<void>;
  #isGone = false;
  /** Databases that it has ever opened. */
  readonly #opened = new Set<string>();
  readonly #child: SqlChild;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: PipeReader;

  constructor(child: SqlChild) {
    this.#child = child;
    this.ended = child.status.then(() => {
      this.#isGone = true;
    });
    this.#writer = child.stdin.getWriter();
    this.#reader = new PipeReader(child.stdout);
  }

  /** Whether it is gone. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether it may have the file of one of these open. */
  mayHold(stores: ReadonlySet<string>): boolean {
    return !stores.isDisjointFrom(this.#opened);
  }

  /**
   * Runs calls on one database, one after the other.
   * @returns "ended" when the process has ended before the last answer, whoever ended it: the first call without one may
   * have begun, those behind it have not; "gone" when none has
   */
  async run(target: SqlTarget, jobs: readonly SqlJob[], listener: SqlListener): Promise<"answered" | "ended" | "gone"> {
    this.lastStore = target.store;
    this.#opened.add(target.store);
    for (const { opens } of jobs) if (opens !== undefined) this.#opened.add(opens);
    // A pipe that nobody reads to the end of the frame: no call in it was seen.
    const written = this.#writer.write(orderFrame(target, jobs.map(({ asked }) => asked)))
      .then(() => "ended" as const, () => "gone" as const);
    const reader = this.#reader;
    for (const { room } of jobs) {
      const head = reader.takeNow(HEAD_BYTES) ?? await reader.take(HEAD_BYTES).catch(() => null);
      if (head === null) return await written;
      const view = new DataView(head.buffer, head.byteOffset + SQL_LENGTH_BYTES);
      const length = sqlFrameLength(head) - SQL_ANSWER_HEAD_BYTES;
      const answer = { kind: view.getUint8(0), storedBytes: view.getFloat64(1, true) };
      const whole = reader.takeNow(length);
      // Not a copy of its bytes: a text is made in less time, and crosses the wall so.
      let text: Uint8Array | string | null = whole === null ? null : decoder.decode(whole);
      if (text === null) {
        let refusal: unknown = null;
        await room(length).catch((error) => refusal = error ?? new Error("Given up"));
        if (refusal !== null) {
          if (!await reader.skip(length).catch(() => false)) return "ended";
          listener.onRefused(refusal);
          continue;
        }
        text = await reader.take(length).catch(() => null);
        if (text === null) return "ended";
      }
      listener.onAnswer({ ...answer, text });
    }
    return "answered";
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

/** What of this process says how to start one for SQL. */
export interface SqlPlace {
  readonly standalone: boolean;
  readonly execPath: string;
  readonly pid: number;
}

/** The word by which a compiled NANO becomes a process that runs SQL; no command that people are told of. */
export const SQL_WORD = "sql-process";

/**
 * The command of a process whose SQL may read and write below a folder, and nothing else: the same Deno with what may be
 * read, or the same binary when NANO is compiled, which has all permissions and gives them up.
 */
export function sqlCommand(
  folder: string,
  { standalone, execPath, pid }: SqlPlace,
): { readonly program: string; readonly args: readonly string[] } {
  if (standalone) return { program: execPath, args: [SQL_WORD, folder, String(pid)] };
  const main = new URL("./sql_main.ts", import.meta.url);
  const isLocal = main.protocol === "file:";
  // Modules of a thread are read with the permissions of whoever starts it.
  const readable = isLocal ? [folder, fileURLToPath(new URL("../", main))] : [folder];
  return {
    program: execPath,
    args: [
      ...["run", "--no-prompt", "--no-config", "--no-lock", "--cached-only", "--no-check", "--unstable-worker-options"],
      // A comma in a path is written twice.
      ...[`--allow-read=${readable.map(escaped).join()}`, `--allow-write=${escaped(folder)}`],
      ...[isLocal ? fileURLToPath(main) : main.href, folder, String(pid)],
    ],
  };
}

/** Starts it. */
export function spawnSql(folder: string): SqlChild {
  const { program, args } = sqlCommand(folder, {
    standalone: Deno.build.standalone,
    execPath: Deno.execPath(),
    pid: Deno.pid,
  });
  const kept = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH"];
  return new Deno.Command(program, {
    args: [...args],
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
