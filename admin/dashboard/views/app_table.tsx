/** The table of all apps. The browser draws it with the recent past of the rows on the screen. */
import type { FC } from "hono/jsx";
import { type AppRow, type ListQuery, MOST_ROWS, sortOf } from "./app_row.ts";
import { figureText, type Metric, METRICS, type Past } from "./metrics.ts";
import { Sparkline } from "./sparkline.tsx";
import { StateChip } from "./state_chip.tsx";

/** A row of the table. */
export interface AppRowProps {
  readonly row: AppRow;
  /** Draws a sparkline for every figure that has one. */
  readonly past?: Past | undefined;
}

/** What the table shows. */
export interface AppTableProps {
  /** All that match, in order; only the first of them are drawn. */
  readonly rows: readonly AppRow[];
  readonly query: ListQuery;
  /** By the name of the app. */
  readonly pasts?: ReadonlyMap<string, Past>;
  /** Draws a row; the browser leaves out those that are as they were. */
  readonly Row?: FC<AppRowProps>;
}

/** The whole table. */
export function AppTable({ rows, query, pasts, Row = AppTableRow }: AppTableProps) {
  return (
    <table class="apps" role="table" aria-label="Apps">
      <thead role="rowgroup">
        <tr role="row">
          <SortHeader query={query} sort="name" label="App" />
          <SortHeader query={query} sort="state" label="State" />
          {METRICS.map(({ key, label, title }) => (
            <SortHeader key={key} query={query} sort={`-${key}`} label={label} title={title} />
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.slice(0, MOST_ROWS).map((row) => <Row key={row.name} row={row} past={pasts?.get(row.name)} />)}
        <tr role="row" data-empty hidden={rows.length > 0}>
          <td role="cell" colspan={2 + METRICS.length} class="empty">
            No app matches. <a href="/">Show all apps</a>
          </td>
        </tr>
        <tr role="row" data-more hidden={rows.length <= MOST_ROWS}>
          <td role="cell" colspan={2 + METRICS.length} class="empty">
            {Math.max(0, rows.length - MOST_ROWS)}{" "}
            more match. Search for a name or host, or choose a state, to see them.
          </td>
        </tr>
      </tbody>
    </table>
  );
}

/** One app. */
export function AppTableRow({ row, past }: AppRowProps) {
  const { name, hostnames, versionOf, state, crashes, figures } = row;
  const more = hostnames.length > 1 ? ` +${hostnames.length - 1}` : "";
  return (
    <tr role="row" data-app={name} data-state={state}>
      <td role="cell">
        <a class="name" href={`/apps/${name}`}>{name}</a>
        <span class="host">{versionOf === null ? (hostnames[0] ?? "no host") + more : `version of ${versionOf}`}</span>
      </td>
      <td role="cell">
        <StateChip state={state} crashes={crashes} />
      </td>
      {METRICS.map((metric) => (
        <FigureCell key={metric.key} metric={metric} value={figures[metric.key]} past={past?.[metric.key]} />
      ))}
    </tr>
  );
}

function FigureCell(
  { metric, value, past }: { metric: Metric; value: number | null; past: readonly (number | null)[] | undefined },
) {
  return (
    <td role="cell" data-label={metric.label} data-metric={metric.key} data-zero={String(!value)}>
      <span class="figure">{figureText(metric, value)}</span>
      {past === undefined ? null : <Sparkline values={past} tone={metric.key === "errors_per_second" ? "bad" : ""} />}
    </td>
  );
}

function SortHeader(
  { query, sort, label, title }: { query: ListQuery; sort: string; label: string; title?: string },
) {
  const key = sort.replace(/^-/, "");
  const present = sortOf(query);
  const next = query.sort !== sort ? sort : present.descending ? key : `-${key}`;
  const address = new URLSearchParams({ q: query.q, state: query.state, sort: next });
  return (
    <th
      role="columnheader"
      scope="col"
      aria-sort={present.key !== key ? undefined : present.descending ? "descending" : "ascending"}
      data-key={key}
    >
      <a href={`/?${address}`} data-sort={next} title={title}>{label}</a>
    </th>
  );
}
