/** All stores of data: KV namespaces and D1 databases, who uses them, what they hold. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { Child } from "hono/jsx";
import type { D1DatabaseView, KvNamespaceView, StoreUse } from "../../runtime/mod.ts";
import { bytesText } from "./views/figures.ts";
import { type PageFrame, PageLayout } from "./page_layout.tsx";

/** What the page shows. */
export interface DataView {
  readonly namespaces: readonly KvNamespaceView[];
  readonly databases: readonly D1DatabaseView[];
}

/** The page. */
export function DataPage({ frame, view: { namespaces, databases } }: { frame: PageFrame; view: DataView }) {
  return (
    <PageLayout title="Data" frame={frame}>
      <header class="pagehead">
        <h1>Data</h1>
        <p>What apps keep by their bindings. It outlives restarts, deploys and the apps themselves.</p>
      </header>
      <div class="stack">
        <StoreTable
          id="kv"
          title="KV namespaces"
          columns={["Namespace", "Keys", "Size", "Used by"]}
          empty='No app has one. "bindings": { "CACHE": { "kv": "cache" } } in nano.json gives it one.'
          rows={namespaces.map(({ name, keys, hasMoreKeys, bytes, uses }) => [
            <a href={`/data/kv/${encodeURIComponent(name)}`}>{name}</a>,
            `${keys.toLocaleString("en")}${hasMoreKeys ? "+" : ""}`,
            bytesText(bytes),
            <Uses uses={uses} />,
          ])}
        />
        <StoreTable
          id="d1"
          title="D1 databases"
          columns={["Database", "Size", "Used by"]}
          empty='No app has one. "bindings": { "DB": { "d1": "shop" } } in nano.json gives it one.'
          rows={databases.map(({ name, titles, bytes, uses }) => [
            <>
              <a href={`/data/d1/${encodeURIComponent(name)}`}>{name}</a>
              {titles.filter((title) => title !== name).map((title) => <span class="muted small">{title}</span>)}
            </>,
            bytesText(bytes),
            <Uses uses={uses} />,
          ])}
        />
      </div>
    </PageLayout>
  );
}

function StoreTable({ id, title, columns, empty, rows }: {
  id: string;
  title: string;
  columns: readonly string[];
  empty: string;
  rows: readonly (readonly Child[])[];
}) {
  return (
    <section class="card" aria-labelledby={`${id}-title`}>
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
      </header>
      {rows.length === 0 ? <p class="empty">{empty}</p> : (
        <table class="list stores" id={id}>
          <thead>
            <tr>{columns.map((column) => <th scope="col">{column}</th>)}</tr>
          </thead>
          <tbody>{rows.map((cells) => <tr>{cells.map((cell) => <td>{cell}</td>)}</tr>)}</tbody>
        </table>
      )}
    </section>
  );
}

/** The apps with their bindings. */
export function Uses({ uses }: { uses: readonly StoreUse[] }) {
  if (uses.length === 0) return <span class="muted">no app any more</span>;
  return (
    <ul class="uses">
      {uses.map(({ app, binding }) => (
        <li>
          <a href={`/apps/${app}`}>{app}</a> <code>env.{binding}</code>
        </li>
      ))}
    </ul>
  );
}
