/** Runs SQL and tasks of people where the SQL of apps runs, and words what was refused. */
import { join } from "node:path";
import type { KeptData } from "../data/kept_data.ts";
import { ByteBudget } from "../data/byte_budget.ts";
import { d1Store, d1Text } from "../data/d1_store.ts";
import type { SqlParam, SqlStatement } from "../data/sql_messages.ts";
import { type SqlTask, taskStatements } from "../data/sql_tasks.ts";
import type { D1Param, D1Result } from "../terms/d1_operations.ts";
import { NanoError } from "../errors.ts";
import { BindingError } from "../protocol/binding_call.ts";
import type { KeptStore } from "./kept_stores.ts";

/** Results of all people together, beside those of the apps: two of the longest. */
const BUDGET_BYTES = 64 * 1024 * 1024;
/** No app can have this name: people's queries run one after the other, beside those of any app. */
const PEOPLE = "people's queries";
/** The same for what may take long. */
const PEOPLE_FILES = "people's files";
/** For a place behind those; a query has 29 s of its own, and a task an hour. */
const QUERY_TIMEOUT_MS = 120_000;
const TASK_TIMEOUT_MS = 2 * 60 * 60_000;

/** SQL for people. */
export class D1Sql {
  readonly #data: KeptData;
  readonly #budget = new ByteBudget(BUDGET_BYTES);
  #transfers: Promise<string> | null = null;

  constructor(data: KeptData) {
    this.#data = data;
  }

  /**
   * Runs statements as one transaction.
   * @param verb what it is for: `run SQL on`
   * @throws {NanoError} SQL_FAILED, CONFLICT when the database is full
   */
  async batch(
    store: Pick<KeptStore, "name" | "maxBytes">,
    statements: readonly SqlStatement[],
    verb: string,
  ): Promise<readonly D1Result[]> {
    return await this.#told(store, verb, async () => {
      const { json, giveBack } = await d1Store(this.#data.sql, PEOPLE, store.name)
        .run("batch", JSON.stringify(statements.map((one) => ({ ...one, shape: "full" }))), {
          maxBytes: store.maxBytes,
          signal: AbortSignal.timeout(QUERY_TIMEOUT_MS),
          budget: this.#budget,
        });
      try {
        return JSON.parse(d1Text(json)) as readonly D1Result[];
      } finally {
        giveBack();
      }
    });
  }

  /**
   * Runs a task.
   * @param lock the database that nobody else uses meanwhile, or a name that none has
   * @returns what it came to
   * @throws {NanoError} SQL_FAILED, CONFLICT when the database is full
   */
  async task(
    store: Pick<KeptStore, "name" | "maxBytes">,
    task: SqlTask,
    { verb, lock }: { readonly verb: string; readonly lock: string },
  ): Promise<unknown> {
    return await this.#told(store, verb, async () => {
      const { json, giveBack } = await d1Store(this.#data.sql, PEOPLE_FILES, lock).run("task", taskStatements(task), {
        maxBytes: store.maxBytes,
        signal: AbortSignal.timeout(TASK_TIMEOUT_MS),
        budget: this.#budget,
        ...task.task === "export" ? { opens: task.store } : {},
      });
      giveBack();
      return JSON.parse(d1Text(json));
    });
  }

  /** A name for a file that goes in or out, from the folder of all data, and its path. */
  async transfer(): Promise<{ readonly name: string; readonly path: string }> {
    const folder = await (this.#transfers ??= this.#emptyTransfers());
    const name = crypto.randomUUID();
    return { name: `transfers/${name}`, path: join(folder, name) };
  }

  /** What an earlier process has left is of no use. */
  async #emptyTransfers(): Promise<string> {
    const folder = join(this.#data.folder, "transfers");
    await Deno.remove(folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  async #told<Result>({ name }: { readonly name: string }, verb: string, run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (cause) {
      if (!(cause instanceof BindingError)) throw cause;
      const text = cause.message.replace(/^D1_ERROR: /, "");
      const code = cause.code === "STORAGE_FULL" ? "CONFLICT" : "SQL_FAILED";
      throw new NanoError(code, `Cannot ${verb} D1 database "${name}": ${text}`, { cause });
    }
  }
}

/** A parameter as a process takes it. @throws {NanoError} USAGE */
export function sqlParam(param: D1Param): SqlParam {
  if (typeof param === "boolean") return param ? 1 : 0;
  if (param === null || typeof param !== "object") return param;
  try {
    const bytes = (Uint8Array as unknown as { fromBase64(text: string): Uint8Array }).fromBase64(param.base64);
    return { hex: (bytes as Uint8Array & { toHex(): string }).toHex() };
  } catch (cause) {
    throw new NanoError("USAGE", "Cannot use a parameter: it is no base64", { cause });
  }
}
