/** D1 databases of a fake NANO: one answer for every query, in memory. */
import {
  type ChangeAction,
  type ChangeRequest,
  type D1Operations,
  type D1Result,
  NanoError,
} from "../../runtime/mod.ts";

/** The database `shop`, which an app uses. */
export class FakeD1Operations implements D1Operations {
  /** What the next queries come to, or fail with. */
  answer: readonly D1Result[] | NanoError = [{
    columns: ["id", "name"],
    rows: [[1, "one"]],
    meta: { changes: 0, duration: 1 },
  }];
  /** The SQL that was run. */
  readonly ran: string[] = [];
  readonly #record: (action: ChangeAction, detail: string, by: ChangeRequest) => void;

  constructor(record: (action: ChangeAction, detail: string, by: ChangeRequest) => void) {
    this.#record = record;
  }

  // deno-lint-ignore require-await
  async list() {
    const uses = [{ app: "app-1", binding: "DB" }];
    return [{ name: "shop", titles: [], uses, bytes: 8192, maxBytes: 1024 ** 3, hasMigrations: true }];
  }

  // deno-lint-ignore require-await
  async execute(database: string, sql: string, _params: unknown, by: ChangeRequest): Promise<readonly D1Result[]> {
    if (database !== "shop") throw new NanoError("NOT_FOUND", `Cannot find D1 database "${database}"`);
    this.ran.push(sql);
    if (this.answer instanceof NanoError) throw this.answer;
    this.#record("d1.execute", `Ran SQL on "${database}"`, by);
    return this.answer;
  }

  async import(_database: string, sql: ReadableStream<Uint8Array>, by: ChangeRequest) {
    this.ran.push(await new Response(sql as BodyInit).text());
    this.#record("d1.import", "Imported", by);
    return { statements: 1, changes: 1, sizeAfter: 8192 };
  }

  // deno-lint-ignore require-await
  async export() {
    return new Blob(["SELECT 1;\n"]).stream();
  }

  // deno-lint-ignore require-await
  async migrations() {
    const applied = [{ name: "0001_first.sql", appliedAt: "2026-01-01 00:00:00" }];
    return { folder: "/srv/shop/migrations", table: "d1_migrations", applied, pending: ["0002_second.sql"] };
  }

  // deno-lint-ignore require-await
  async migrate(_database: string, _given: unknown, by: ChangeRequest) {
    this.#record("d1.migrate", "Migrated", by);
    return ["0002_second.sql"];
  }
}
