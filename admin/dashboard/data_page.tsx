/** All stores of data: KV namespaces, D1 databases, R2 buckets and queues, who uses them, what they hold. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { Child } from "hono/jsx";
import type { D1DatabaseView, KvNamespaceView, QueueView, R2BucketView } from "../../runtime/mod.ts";
import { databasePath } from "./d1_page.tsx";
import { namespacePath } from "./kv_paths.ts";
import { type PageFrame, PageLayout } from "./page_layout.tsx";
import { isNeededQueue, queuePath } from "./queue_paths.ts";
import { bucketPath } from "./r2_paths.ts";
import { Uses } from "./store_heading.tsx";
import { StoreSize } from "./views/store_size.tsx";

/** What the page shows. */
export interface DataView {
  readonly namespaces: readonly KvNamespaceView[];
  readonly databases: readonly D1DatabaseView[];
  readonly buckets: readonly R2BucketView[];
  readonly queues: readonly QueueView[];
}

interface DataPageProps {
  readonly frame: PageFrame;
  readonly view: DataView;
}

/** The page. */
export function DataPage({ frame, view: { namespaces, databases, buckets, queues } }: DataPageProps) {
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
          rows={namespaces.map(({ name, keys, hasMoreKeys, uses, ...size }) => [
            <a href={namespacePath(name)}>{name}</a>,
            boundedText(keys, hasMoreKeys),
            <StoreSize {...size} />,
            <Uses uses={uses} />,
          ])}
        />
        <StoreTable
          id="d1"
          title="D1 databases"
          columns={["Database", "Size", "Used by"]}
          empty='No app has one. "bindings": { "DB": { "d1": "shop" } } in nano.json gives it one.'
          rows={databases.map(({ name, titles, uses, ...size }) => [
            <>
              <a href={databasePath(name)}>{name}</a>
              {titles.filter((title) => title !== name).map((title) => <span class="muted small">{title}</span>)}
            </>,
            <StoreSize {...size} />,
            <Uses uses={uses} />,
          ])}
        />
        <StoreTable
          id="r2"
          title="R2 buckets"
          columns={["Bucket", "Objects", "Size", "Used by"]}
          empty='No app has one. "bindings": { "FILES": { "r2": "files" } } in nano.json gives it one.'
          rows={buckets.map(({ name, objects, hasMoreObjects, uses, ...size }) => [
            <a href={bucketPath(name)}>{name}</a>,
            boundedText(objects, hasMoreObjects),
            <StoreSize {...size} />,
            <Uses uses={uses} />,
          ])}
        />
        <StoreTable
          id="queues"
          title="Queues"
          columns={["Queue", "Messages", "Size", "Consumer", "Used by"]}
          empty='No app has one. "bindings": { "JOBS": { "queue": "jobs" } } in nano.json gives it one.'
          rows={queues.map((queue) => [
            <>
              <a href={queuePath(queue.name)}>{queue.name}</a>
              {queue.deadLettersOf.length === 0
                ? null
                : <span class="muted small">dead letters of {queue.deadLettersOf.join(", ")}</span>}
            </>,
            queue.messages.toLocaleString("en"),
            <StoreSize bytes={queue.bytes} maxBytes={queue.maxBytes} />,
            queue.consumer === null
              ? <span class="muted">none</span>
              : <a href={`/apps/${queue.consumer}`}>{queue.consumer}</a>,
            <Uses uses={queue.producers} isNeeded={isNeededQueue(queue)} />,
          ])}
        />
      </div>
    </PageLayout>
  );
}

function boundedText(count: number, hasMore: boolean): string {
  return `${count.toLocaleString("en")}${hasMore ? "+" : ""}`;
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
        <table class="list stacked stores" id={id}>
          <thead>
            <tr>{columns.map((column) => <th scope="col">{column}</th>)}</tr>
          </thead>
          <tbody>
            {rows.map((cells) => (
              <tr>
                {cells.map((cell, at) => (
                  <td class={at === 0 ? "long" : undefined} data-label={at === 0 ? undefined : columns[at]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
