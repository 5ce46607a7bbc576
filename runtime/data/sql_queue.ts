/** Calls of databases that wait for a process, each app's in their order, the apps by turns. */
import { mostBytesOf, type SqlAsked, type SqlTarget } from "./sql_messages.ts";
import type { SqlAnswer, SqlJob } from "./sql_process.ts";

/** Calls that go to a process together. */
const MAX_CALLS = 32;
/** Their statements; a longer call goes alone. */
const MAX_BYTES = 1024 * 1024;

/** A call of an app. */
export interface SqlCall extends SqlJob {
  /** Its queries run one after the other, whatever databases it has: it takes one process and no more. */
  readonly app: string;
  readonly target: SqlTarget;
  readonly asked: SqlAsked;
  readonly signal: AbortSignal;
}

/** How a call ended: with an answer, by its time, by its memory, or because its process died. */
export type SqlEnd =
  | { readonly end: "answered"; readonly answer: SqlAnswer }
  | { readonly end: "late" }
  | { readonly end: "too_large" }
  | { readonly end: "died" };

/** A call and who waits for it. */
export interface SqlWaiting extends SqlCall {
  readonly resolve: (end: SqlEnd) => void;
  readonly reject: (error: unknown) => void;
}

/** By app, in the order in which they are served. */
export class SqlQueue {
  readonly #apps = new Map<string, SqlWaiting[]>();

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#apps.size === 0;
  }

  /** The last one of its app. */
  add(call: SqlWaiting): void {
    const own = this.#apps.get(call.app);
    if (own === undefined) this.#apps.set(call.app, [call]);
    else own.push(call);
  }

  /** Calls of one app that have not begun, before all others of it. */
  putBack(calls: readonly SqlWaiting[]): void {
    if (calls.length === 0) return;
    const { app } = calls[0]!;
    this.#apps.set(app, [...calls, ...this.#apps.get(app) ?? []]);
  }

  /**
   * Takes the next calls of one app on one database.
   * @param busyApps that have a process
   * @param busyStores that are in one
   * @param lockedStores that nobody may open
   * @returns null when there is none that may go
   */
  next(
    busyApps: ReadonlySet<string>,
    busyStores: ReadonlySet<string>,
    lockedStores: ReadonlySet<string>,
  ): readonly [SqlWaiting, ...SqlWaiting[]] | null {
    for (const [app, own] of this.#apps) {
      if (busyApps.has(app)) continue;
      const first = own.find(({ target, opens, signal }) =>
        !signal.aborted && !busyStores.has(target.store) && !lockedStores.has(opens ?? target.store)
      );
      if (first === undefined) continue;
      const { store, maxBytes } = first.target;
      const taken: [SqlWaiting, ...SqlWaiting[]] = [first];
      let bytes = mostBytesOf(first.asked.statements);
      for (const call of own) {
        const { target, asked: { statements }, signal } = call;
        if (call === first || target.store !== store || signal.aborted) continue;
        bytes += mostBytesOf(statements);
        if (taken.length === MAX_CALLS || bytes > MAX_BYTES || target.maxBytes !== maxBytes) break;
        taken.push(call);
      }
      // Behind all others, so that no app is served twice before another that waits.
      this.#apps.delete(app);
      const left = own.filter((call) => !taken.includes(call));
      if (left.length > 0) this.#apps.set(app, left);
      return taken;
    }
    return null;
  }

  /** Takes out what nobody waits for any more. */
  takeAborted(): readonly SqlWaiting[] {
    const aborted: SqlWaiting[] = [];
    for (const [app, own] of [...this.#apps]) {
      const kept = own.filter((call) => !call.signal.aborted || aborted.push(call) === 0);
      if (kept.length > 0) this.#apps.set(app, kept);
      else this.#apps.delete(app);
    }
    return aborted;
  }

  /** Takes out all. */
  clear(): readonly SqlWaiting[] {
    const all = [...this.#apps.values()].flat();
    this.#apps.clear();
    return all;
  }
}
