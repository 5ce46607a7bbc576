/** A D1 database as bindings use it; a process keeps one, another engine may. */
import { BindingError } from "../protocol/binding_call.ts";
import type { ByteBudget } from "./byte_budget.ts";
import { SQL_ANSWER, type SqlOperation } from "./sql_messages.ts";
import type { SqlPool } from "./sql_pool.ts";
import type { SqlEnd } from "./sql_queue.ts";

/** What a database answers. */
export interface D1Answer {
  /** JSON as data/sql_file.ts writes it; what is short as text, which crosses the wall in less time. */
  readonly json: Uint8Array | string;
  readonly storedBytes: number;
  /** To be called when the JSON is needed no more. */
  readonly giveBack: () => void;
}

/** A database. What it has answered is on the disk. */
export interface D1Store {
  /**
   * @param statements JSON of a list of `{ sql, params }`
   * @returns at once what was kept
   * @throws {BindingError} what the app is told
   */
  run(operation: SqlOperation, statements: Uint8Array | string, options: {
    /** That the database may hold. */
    readonly maxBytes: number;
    readonly signal: AbortSignal;
    /** What an answer has to wait for. */
    readonly budget: ByteBudget;
    /** Another database that it opens: `d1/shop`. */
    readonly opens?: string;
  }): D1Answer | Promise<D1Answer>;
}

// As Workers word them, https://developers.cloudflare.com/d1/observability/debug-d1/
const LATE = "D1 DB storage operation exceeded timeout which caused object to be reset.";
const TOO_LARGE = "D1 DB's isolate exceeded its memory limit and was reset.";
const DIED = "Internal error in D1 DB storage caused object to be reset.";

const decoder = new TextDecoder();

/** What one answer takes of a budget. */
class AnswerRoom {
  /** What the answer holds of it. */
  giveBack: () => void = nothing;
  readonly #budget: ByteBudget;
  readonly #signal: AbortSignal;

  constructor(budget: ByteBudget, signal: AbortSignal) {
    this.#budget = budget;
    this.#signal = signal;
  }

  /** Waits until there is room. */
  readonly take = async (bytes: number): Promise<void> => {
    this.giveBack = await this.#budget.take(bytes, this.#signal);
  };
}

/** The database of a name in a pool, for one app. */
export function d1Store(pool: SqlPool, app: string, name: string): D1Store {
  const store = `d1/${name}`;
  return {
    run(operation, statements, { maxBytes, signal, budget, opens }) {
      const query = operation === "query" && typeof statements === "string" ? statements : null;
      const room = new AnswerRoom(budget, signal);
      const call = { app, target: { store, maxBytes }, asked: { operation, statements }, signal, room: room.take };
      if (opens !== undefined) return answerTo(pool.run({ ...call, opens }), room);
      const found = pool.answers.answer(store, query, () => pool.run(call));
      if (found instanceof Promise) return answerTo(found, room);
      return { json: found.json, storedBytes: found.storedBytes, giveBack: nothing };
    },
  };

  async function answerTo(ending: Promise<SqlEnd>, room: AnswerRoom): Promise<D1Answer> {
    try {
      const { json, storedBytes } = answerOf(await ending);
      return { json, storedBytes, giveBack: room.giveBack };
    } catch (error) {
      room.giveBack();
      throw error;
    }
  }

  function answerOf(ended: SqlEnd): Omit<D1Answer, "giveBack"> {
    if (ended.end === "late") throw new BindingError(`D1_ERROR: ${LATE}`);
    if (ended.end === "too_large") throw new BindingError(`D1_ERROR: ${TOO_LARGE}`);
    if (ended.end === "died") throw new BindingError(`D1_ERROR: ${DIED}`);
    const { kind, storedBytes, text } = ended.answer;
    switch (kind) {
      case SQL_ANSWER.RESULTS:
      case SQL_ANSWER.READ:
      case SQL_ANSWER.LASTING:
        return { json: text, storedBytes };
      case SQL_ANSWER.FAILED:
        throw new Error(`Cannot use the database "${name}": ${d1Text(text)}`);
      default:
        throw new BindingError(`D1_ERROR: ${d1Text(text)}`, { code: kind === SQL_ANSWER.FULL ? "STORAGE_FULL" : "" });
    }
  }
}

/** What a database has answered, as text. */
export function d1Text(answered: Uint8Array | string): string {
  return typeof answered === "string" ? answered : decoder.decode(answered);
}

function nothing(): void {}
