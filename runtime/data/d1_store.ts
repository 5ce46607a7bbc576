/** A D1 database as bindings use it; a process keeps one, another engine may. */
import { BindingError } from "../protocol/binding_call.ts";
import type { ByteBudget } from "./byte_budget.ts";
import { SQL_ANSWER, type SqlOperation } from "./sql_messages.ts";
import type { SqlPool } from "./sql_pool.ts";

/** What a database answers. */
export interface D1Answer {
  /** JSON as data/sql_file.ts writes it; as text when it was kept. */
  readonly json: Uint8Array | string;
  readonly storedBytes: number;
  /** To be called when the JSON is needed no more. */
  readonly giveBack: () => void;
}

/** A database. What it has answered is on the disk. */
export interface D1Store {
  /**
   * @param statements JSON of a list of `{ sql, params }`
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
  }): Promise<D1Answer>;
}

// As Workers word them, https://developers.cloudflare.com/d1/observability/debug-d1/
const LATE = "D1 DB storage operation exceeded timeout which caused object to be reset.";
const TOO_LARGE = "D1 DB's isolate exceeded its memory limit and was reset.";
const DIED = "Internal error in D1 DB storage caused object to be reset.";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The database of a name in a pool, for one app. */
export function d1Store(pool: SqlPool, app: string, name: string): D1Store {
  return {
    async run(operation, statements, { maxBytes, signal, budget, opens }) {
      const store = `d1/${name}`;
      const query = operation === "query" && typeof statements === "string" ? statements : null;
      const kept = query === null ? undefined : pool.answers.find(store, query);
      if (kept !== undefined) return { ...kept, giveBack: () => {} };
      let giveBack = () => {};
      const room = async (bytes: number) => {
        giveBack = await budget.take(bytes, signal);
      };
      try {
        const asked = {
          operation,
          statements: typeof statements === "string" ? encoder.encode(statements) : statements,
        };
        const call = { app, target: { store, maxBytes }, asked, signal, room, ...opens === undefined ? {} : { opens } };
        // What reads another database has a name of its own, which is no database's.
        const ended = opens === undefined
          ? await pool.answers.follow(store, query, () => pool.run(call))
          : await pool.run(call);
        if (ended.end === "late") throw new BindingError(`D1_ERROR: ${LATE}`);
        if (ended.end === "too_large") throw new BindingError(`D1_ERROR: ${TOO_LARGE}`);
        if (ended.end === "died") throw new BindingError(`D1_ERROR: ${DIED}`);
        const { kind, storedBytes, text } = ended.answer;
        switch (kind) {
          case SQL_ANSWER.RESULTS:
          case SQL_ANSWER.READ:
          case SQL_ANSWER.LASTING:
            return { json: text, storedBytes, giveBack };
          case SQL_ANSWER.FAILED:
            throw new Error(`Cannot use the database "${name}": ${decoder.decode(text)}`);
          default:
            throw new BindingError(`D1_ERROR: ${decoder.decode(text)}`, {
              code: kind === SQL_ANSWER.FULL ? "STORAGE_FULL" : "",
            });
        }
      } catch (error) {
        giveBack();
        throw error;
      }
    },
  };
}
