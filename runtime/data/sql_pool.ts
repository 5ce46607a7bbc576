/** The processes that run SQL of apps: started when they are needed, one app in one of them at a time. */
import { type Clock, systemClock } from "../clock.ts";
import { inTime } from "../deadline.ts";
import { MEMORY_EXIT_CODE, SQL_ANSWER } from "./sql_messages.ts";
import { spawnSql, type SqlChild, SqlProcess } from "./sql_process.ts";
import { SqlAnswers } from "./sql_answers.ts";
import { type SqlCall, type SqlEnd, SqlQueue, type SqlWaiting } from "./sql_queue.ts";

/** Apps whose SQL runs at the same moment. A process takes some 60 MB. */
const MAX_PROCESSES = 8;
/** A process whose query takes longer is none of those: others need not wait for its end… */
const SLOW_MS = 1_000;
/** …as long as there are no more of such: a query without end takes a core, and up to 448 MiB. */
const MAX_SLOW = 8;
/** A second before a call of a binding is given up: the app is to hear what it was that took so long. */
const QUERY_TIMEOUT_MS = 29_000;
/** A task reads or writes a whole file, and nobody's request waits for it. */
const TASK_TIMEOUT_MS = 60 * 60_000;
/** What nobody waits for any more may still end by itself. */
const GIVEN_UP_MS = 1_000;
/** A process that had nothing to do for this long gives its memory back. */
const IDLE_MS = 60_000;
/** Who has a database that is wanted alone gets this long to end; a query has less. */
const ALONE_WAIT_MS = 30_000;
/** Between two looks at what runs and waits. */
const LOOK_MS = 250;

/** What a pool works with. */
export interface SqlPoolTools {
  readonly spawn?: () => SqlChild;
  readonly clock?: Clock;
  readonly queryTimeoutMs?: number;
}

/** Calls of one app on one database that have gone to a process together. */
interface Turn {
  readonly process: SqlProcess;
  readonly calls: readonly SqlWaiting[];
  /** Which of them runs, since when, and when it was seen that nobody waits for it any more. */
  at: number;
  since: number;
  givenUpAt: number | null;
  isSlow: boolean;
  isLate: boolean;
}

/** Runs calls on databases below a folder. */
export class SqlPool implements AsyncDisposable {
  /** Of what it answers: whoever asks a database does it through this. */
  readonly answers: SqlAnswers = new SqlAnswers();
  readonly #spawn: () => SqlChild;
  readonly #clock: Clock;
  readonly #queryTimeoutMs: number;
  readonly #queue = new SqlQueue();
  readonly #busyApps = new Set<string>();
  readonly #busyStores = new Set<string>();
  /** That nobody may open. */
  #locked: ReadonlySet<string> = new Set();
  /** With when they became so. */
  readonly #idle = new Map<SqlProcess, number>();
  readonly #turns = new Set<Turn>();
  #isServing = false;
  #look: (() => void) | null = null;
  #closing: Promise<void> | null = null;

  /** @param folder absolute; made by the first call */
  constructor(folder: string, tools: SqlPoolTools = {}) {
    this.#spawn = tools.spawn ?? (() => spawnSql(folder));
    this.#clock = tools.clock ?? systemClock;
    this.#queryTimeoutMs = tools.queryTimeoutMs ?? QUERY_TIMEOUT_MS;
  }

  /** Runs a call when its turn comes; its writes are on the disk when it settles. */
  run(call: SqlCall): Promise<SqlEnd> {
    if (this.#closing !== null) return Promise.reject(new Error("Cannot use a database: NANO is going away"));
    if (call.signal.aborted) return Promise.reject(call.signal.reason);
    return new Promise((resolve, reject) => {
      this.#queue.add({ ...call, resolve, reject });
      this.#serveSoon();
    });
  }

  /**
   * Does work while no process has one of these databases open; calls on them wait for its end. One at a time.
   * @param stores as `d1/shop`
   */
  async alone<Result>(stores: ReadonlySet<string>, work: () => Promise<Result>): Promise<Result> {
    this.#locked = stores;
    try {
      const idle = [...this.#idle.keys()].filter((process) => process.mayHold(stores));
      for (const process of idle) this.#idle.delete(process);
      const busy = [...this.#turns].map(({ process }) => process).filter((process) => process.mayHold(stores));
      // Those that are busy end with their turn.
      await inTime(Promise.all(busy.map(({ ended }) => ended)), ALONE_WAIT_MS, this.#clock);
      await Promise.all([...idle, ...busy].map((process) => process.end()));
      return await work();
    } finally {
      for (const store of stores) this.answers.forget(store);
      this.#locked = new Set();
      this.#serve();
    }
  }

  /** Ends every process: what was not acknowledged is rolled back when its file is opened again. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#refuseAll();
    this.#look?.();
    const processes = [...this.#idle.keys(), ...[...this.#turns].map(({ process }) => process)];
    await Promise.all(processes.map((process) => process.end()));
    this.#idle.clear();
  }

  /** When all calls that came together are here: they go together. */
  #serveSoon(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    queueMicrotask(() => {
      this.#isServing = false;
      this.#serve();
    });
  }

  #serve(): void {
    if (this.#closing !== null) return;
    while (this.#idle.size > 0 || this.#counted < MAX_PROCESSES) {
      const calls = this.#queue.next(this.#busyApps, this.#busyStores, this.#locked);
      if (calls === null) break;
      void this.#start(calls);
    }
    if (this.#turns.size + this.#idle.size > 0 || !this.#queue.isEmpty) {
      this.#look ??= this.#clock.after(LOOK_MS, this.#onLook);
    }
  }

  /** Processes that take one of the places. */
  get #counted(): number {
    const slow = [...this.#turns].filter(({ isSlow }) => isSlow).length;
    return this.#turns.size - Math.min(slow, MAX_SLOW);
  }

  async #start(calls: readonly [SqlWaiting, ...SqlWaiting[]]): Promise<void> {
    const [{ app, target }] = calls;
    this.#busyApps.add(app);
    this.#busyStores.add(target.store);
    try {
      await this.#runOn(this.#take(target.store), calls);
    } catch (error) {
      for (const { reject } of calls) reject(error);
    } finally {
      this.#busyApps.delete(app);
      this.#busyStores.delete(target.store);
      this.#serve();
    }
  }

  /** One that has the file open, or any that is idle, or a new one. */
  #take(store: string): SqlProcess {
    const idle = [...this.#idle.keys()];
    const found = idle.find(({ lastStore }) => lastStore === store) ?? idle.at(-1) ?? this.#started();
    this.#idle.delete(found);
    return found;
  }

  #started(): SqlProcess {
    const process = new SqlProcess(this.#spawn());
    // Whoever kills it while it has nothing to do costs nobody a call.
    void process.ended.then(() => this.#idle.delete(process) ? process.end() : null);
    return process;
  }

  #giveBack(process: SqlProcess): void {
    const isTaken = this.#idle.size + this.#counted >= MAX_PROCESSES;
    if (this.#closing !== null || process.isGone || isTaken || process.mayHold(this.#locked)) void process.end();
    else this.#idle.set(process, this.#clock.now());
  }

  async #runOn(process: SqlProcess, calls: readonly [SqlWaiting, ...SqlWaiting[]]): Promise<void> {
    const since = this.#clock.now();
    const turn: Turn = { process, calls, at: 0, since, givenUpAt: null, isSlow: false, isLate: false };
    this.#turns.add(turn);
    const notRun: SqlWaiting[] = [];
    const goOn = () => {
      turn.since = this.#clock.now();
      turn.givenUpAt = null;
      return calls[turn.at++]!;
    };
    const how = await process.run(calls[0].target, calls, {
      onAnswer: (answer) => {
        const call = goOn();
        if (answer.kind === SQL_ANSWER.NOT_RUN) notRun.push(call);
        else call.resolve({ end: "answered", answer });
      },
      onRefused: (error) => goOn().reject(error),
    });
    if (how === "answered") {
      this.#turns.delete(turn);
      if (turn.isLate) await process.end();
      else this.#giveBack(process);
    } else {
      // Until it is gone it may hold the lock of the file.
      const code = await process.end();
      this.#turns.delete(turn);
      const behind = calls.slice(turn.at);
      if (how === "ended") {
        behind.shift()!.resolve({ end: turn.isLate ? "late" : code === MEMORY_EXIT_CODE ? "too_large" : "died" });
      }
      notRun.push(...behind);
    }
    this.#queue.putBack(notRun);
    if (this.#closing !== null) this.#refuseAll();
  }

  #refuseAll(): void {
    for (const { reject } of this.#queue.clear()) reject(new Error("Cannot use a database: NANO is going away"));
  }

  readonly #onLook = (): void => {
    this.#look = null;
    const now = this.#clock.now();
    for (const turn of this.#turns) this.#lookAt(turn, now);
    for (const [process, since] of this.#idle) {
      if (now - since < IDLE_MS) continue;
      this.#idle.delete(process);
      void process.end();
    }
    for (const { reject, signal } of this.#queue.takeAborted()) reject(signal.reason);
    this.#serve();
  };

  #lookAt(turn: Turn, now: number): void {
    const age = now - turn.since;
    if (age >= SLOW_MS) turn.isSlow = true;
    if (turn.calls[turn.at]?.signal.aborted) turn.givenUpAt ??= now;
    const isTask = turn.calls[turn.at]?.asked.operation === "task";
    const isLate = age >= (isTask ? TASK_TIMEOUT_MS : this.#queryTimeoutMs);
    if (!isLate && (turn.givenUpAt === null || now - turn.givenUpAt < GIVEN_UP_MS)) return;
    turn.isLate = true;
    void turn.process.end();
  }
}
