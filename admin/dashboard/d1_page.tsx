/** A D1 database: SQL with a table of results, its migrations, an export. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { D1DatabaseView, D1Migrations, D1Result } from "../../runtime/mod.ts";
import type { FlashNote } from "./flash_notes.ts";
import { CsrfField, Note, type PageFrame, PageLayout } from "./page_layout.tsx";
import { StoreHeading } from "./store_heading.tsx";
import { countedText } from "./views/counted_text.ts";
import { TextArea } from "./text_field.tsx";

/** Rows that a page shows of one result. */
const SHOWN_ROWS = 200;
/** Characters that it shows of one value. */
const SHOWN_CHARS = 500;
/** What there is to ask of a database that nobody knows. */
const FIRST_SQL = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name";

/** What the page shows. */
export interface D1View {
  readonly database: D1DatabaseView;
  readonly migrations: D1Migrations;
  /** What was typed; null at first. */
  readonly sql: string | null;
  /** What each statement came to; null when nothing was run. */
  readonly results: readonly D1Result[] | null;
  readonly problem: FlashNote | null;
}

/** Where a database is. */
export function databasePath(database: string): string {
  return `/data/d1/${encodeURIComponent(database)}`;
}

/** The page. */
export function D1Page({ frame, view }: { frame: PageFrame; view: D1View }) {
  const { database: { name, bytes, maxBytes, uses }, migrations, sql, results, problem } = view;
  const path = databasePath(name);
  return (
    <PageLayout title={name} frame={frame}>
      <StoreHeading view={{ name, facts: "D1 database", size: { bytes, maxBytes }, uses }}>
        <a class="button" href={`/admin/d1/${encodeURIComponent(name)}/export`} download={`${name}.sql`}>Export SQL</a>
      </StoreHeading>
      <div class="stack">
        <form method="post" action={path} class="card" aria-label="SQL">
          <div class="body">
            <CsrfField csrf={frame.csrf} />
            {problem === null ? null : <Note note={problem} />}
            <TextArea
              name="sql"
              label="SQL"
              value={sql ?? FIRST_SQL}
              maxRows={16}
              required
              hint="One statement or several, as one transaction: all of it happens, or nothing. Ctrl+Enter runs it."
            />
            <div class="buttons">
              <button type="submit" class="button primary" data-busy="Running…">Run</button>
            </div>
          </div>
        </form>
        {results === null
          ? null
          : results.map((result, at) => (
            <ResultCard result={result} title={results.length === 1 ? "Result" : `Result ${at + 1}`} />
          ))}
        <MigrationsCard migrations={migrations} path={path} csrf={frame.csrf} />
      </div>
    </PageLayout>
  );
}

function ResultCard({ result: { columns, rows, meta }, title }: { result: D1Result; title: string }) {
  const changes = Number(meta["changes"]);
  const duration = Number(meta["duration"]);
  return (
    <section class="card result" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="muted small">
          {columns.length === 0 ? `${countedText(changes, "row")} changed` : countedText(rows.length, "row")},{" "}
          {duration.toFixed(1)} ms
        </span>
      </header>
      {columns.length === 0 ? null : (
        <div class="scroll" tabindex={0} role="group" aria-label={`Rows of ${title}`}>
          <table class="list rows">
            <thead>
              <tr>
                {columns.map((column, at) => (
                  <th
                    scope="col"
                    class={rows.every((row) => typeof row[at] === "number") ? "number" : undefined}
                  >
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, SHOWN_ROWS).map((row) => <tr>{row.map((value) => <Cell value={value} />)}</tr>)}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > SHOWN_ROWS
        ? <p class="hint more">Only the first {SHOWN_ROWS} rows are shown. LIMIT and OFFSET lead to the others.</p>
        : null}
    </section>
  );
}

function Cell({ value }: { value: unknown }) {
  if (value === null) return <td class="muted">NULL</td>;
  if (typeof value === "number") return <td class="number">{String(value)}</td>;
  const text = Array.isArray(value) ? `x'${hexOf(value as number[])}'` : String(value);
  return <td>{text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS)}…`}</td>;
}

function hexOf(bytes: readonly number[]): string {
  return (new Uint8Array(bytes.slice(0, SHOWN_CHARS)) as Uint8Array & { toHex(): string }).toHex();
}

function MigrationsCard({ migrations, path, csrf }: { migrations: D1Migrations; path: string; csrf: string }) {
  const { folder, applied, pending } = migrations;
  if (folder === null && applied.length === 0) return null;
  return (
    <section class="card" aria-labelledby="migrations-title">
      <header>
        <h2 id="migrations-title">Migrations</h2>
        {folder === null ? null : <code class="muted small">{folder}</code>}
      </header>
      <table class="list stacked">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Applied</th>
          </tr>
        </thead>
        <tbody>
          {applied.map(({ name, appliedAt }) => (
            <tr>
              <td class="mono">{name}</td>
              <td class="muted nowrap" data-label="Applied">{appliedAt} UTC</td>
            </tr>
          ))}
          {pending.map((name) => (
            <tr>
              <td class="mono">{name}</td>
              <td>
                <span class="pending">pending</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {pending.length === 0 ? null : (
        <form method="post" action={`${path}/migrate`} class="body">
          <CsrfField csrf={csrf} />
          <button type="submit" class="button" data-busy="Applying…">
            Apply {countedText(pending.length, "migration")}
          </button>
        </form>
      )}
    </section>
  );
}
