/** The processes that run SQL of apps: started when they are needed, one app in one of them at a time. */
import { type Clock, systemClock } from "../clock.ts";
import { MEMORY_EXIT_CODE, type SqlOrder } from "./sql_messages.ts";
import { spawnSql, type SqlAnswer, type SqlChild, SqlProcess } from "./sql_process.ts";

/** Apps whose SQL runs at the same moment. A process takes some 60 MB, and a query without end one core. */
const MAX_PROCESSES = 8;
/** A second before a call of a binding is given up: the app is to hear what it was that took so long. */
const QUERY_TIMEOUT_MS = 29_000;
/** What nobody waits for any more may still end by itself. */
const GIVEN_UP_MS = 1_000;
/** A process that had nothing to do for this long gives its memory back. */
const IDLE_MS = 60_000;

/** A call of an app. */
export interface SqlCall {
  /** Its queries run one after the other, whatever databases it has: it takes one process and no more. */
  readonly app: string;
  readonly order: SqlOrder;
  /** JSON of the statements. */
  readonly statements: Uint8Array;
  readonly signal: AbortSignal;
  /** Waited for before an answer of so many bytes is read. */
  readonly room: (bytes: number) => Promise<void>;
}

/** How a call ended: with an answer, by its time, by its memory, or because its process died. */
export type SqlEnd =
  | { readonly end: "answered"; readonly answer: SqlAnswer }
  | { readonly end: "late" }
  | { readonly end: "too_large" }
  | { readonly end: "died" };

/** What a pool works with. */
export interface SqlPoolTools {
  readonly spawn?: () => SqlChild;
  readonly clock?: Clock;
  readonly queryTimeoutMs?: number;
}

interface Waiting {
  readonly call: SqlCall;
  readonly resolve: (end: SqlEnd) => void;
  readonly reject: (error: unknown) => void;
}

/** Runs calls on databases below a folder. */
export class SqlPool implements AsyncDisposable {
  readonly #spawn: () => SqlChild;
  readonly #clock: Clock;
  readonly #queryTimeoutMs: number;
  /** By app, in the order in which they are served. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #busyApps = new Set<string>();
  readonly #busyStores = new Set<string>();
  /** With what calls off their end. */
  readonly #idle = new Map<SqlProcess, () => void>();
  readonly #running = new Set<SqlProcess>();
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
      const { app, signal } = call;
      const onAbort = () => {
        const queue = this.#waiting.get(app) ?? [];
        const at = queue.indexOf(waiting);
        if (at === -1) return;
        queue.splice(at, 1);
        if (queue.length === 0) this.#waiting.delete(app);
        reject(signal.reason);
      };
      const forget = () => signal.removeEventListener("abort", onAbort);
      const waiting: Waiting = {
        call,
        resolve: (end) => (forget(), resolve(end)),
        reject: (error) => (forget(), reject(error)),
      };
      signal.addEventListener("abort", onAbort, { once: true });
      const queue = this.#waiting.get(app);
      if (queue === undefined) this.#waiting.set(app, [waiting]);
      else queue.push(waiting);
      this.#serve();
    });
  }

  /** Ends every process: what was not acknowledged is rolled back when its file is opened again. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const queue of this.#waiting.values()) {
      for (const { reject } of queue) reject(new Error("Cannot use a database: NANO is going away"));
    }
    this.#waiting.clear();
    for (const cancel of this.#idle.values()) cancel();
    await Promise.all([...this.#idle.keys(), ...this.#running].map((process) => process.end()));
    this.#idle.clear();
  }

  #serve(): void {
    for (const [app, queue] of [...this.#waiting]) {
      if (this.#idle.size === 0 && this.#running.size >= MAX_PROCESSES) return;
      if (this.#busyApps.has(app)) continue;
      const at = queue.findIndex(({ call }) => !this.#busyStores.has(call.order.store));
      if (at === -1) continue;
      const [next] = queue.splice(at, 1);
      // Behind all others, so that no app is served twice before another that waits.
      this.#waiting.delete(app);
      if (queue.length > 0) this.#waiting.set(app, queue);
      void this.#start(next!);
    }
  }

  async #start({ call, resolve, reject }: Waiting): Promise<void> {
    const { app, order: { store } } = call;
    this.#busyApps.add(app);
    this.#busyStores.add(store);
    let process: SqlProcess | null = null;
    try {
      process = this.#take(store);
      this.#running.add(process);
      const end = await this.#runOn(process, call);
      if (end.end === "answered" && this.#closing === null) this.#giveBack(process);
      resolve(end);
    } catch (error) {
      await process?.end();
      reject(error);
    } finally {
      if (process !== null) this.#running.delete(process);
      this.#busyApps.delete(app);
      this.#busyStores.delete(store);
      this.#serve();
    }
  }

  /** One that has the file open, or any that is idle, or a new one. */
  #take(store: string): SqlProcess {
    const idle = [...this.#idle.keys()];
    const found = idle.find(({ lastStore }) => lastStore === store) ?? idle.at(-1);
    if (found === undefined) return new SqlProcess(this.#spawn());
    this.#idle.get(found)!();
    this.#idle.delete(found);
    return found;
  }

  #giveBack(process: SqlProcess): void {
    const cancel = this.#clock.after(IDLE_MS, () => {
      this.#idle.delete(process);
      void process.end();
    });
    this.#idle.set(process, cancel);
    // Whoever kills it while it has nothing to do costs nobody a call.
    void process.ended.then(() => {
      if (this.#idle.get(process) !== cancel) return;
      cancel();
      this.#idle.delete(process);
      void process.end();
    });
  }

  async #runOn(process: SqlProcess, call: SqlCall): Promise<SqlEnd> {
    let isLate = false;
    const endIt = () => {
      isLate = true;
      void process.end();
    };
    const cancels = [this.#clock.after(this.#queryTimeoutMs, endIt)];
    const onAbort = () => cancels.push(this.#clock.after(GIVEN_UP_MS, endIt));
    call.signal.addEventListener("abort", onAbort, { once: true });
    try {
      const answer = await process.run(call.order, call.statements, call.room);
      if (answer !== null) return { end: "answered", answer };
      // Until it is gone it may hold the lock of the file.
      const code = await process.end();
      if (isLate) return { end: "late" };
      return code === MEMORY_EXIT_CODE ? { end: "too_large" } : { end: "died" };
    } finally {
      call.signal.removeEventListener("abort", onAbort);
      for (const cancel of cancels) cancel();
    }
  }
}
