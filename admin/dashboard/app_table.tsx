/** The table of all apps; the script fills in live figures and sparklines for the rows on the screen. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import { STATE_MEANINGS } from "./app_states.ts";
import { type ListedApp, type ListQuery, searchText } from "./app_list.ts";
import { METRICS, stateText } from "./client/metrics.js";

/** @param apps in order */
export function AppTable({ apps, query }: { apps: readonly ListedApp[]; query: ListQuery }) {
  return (
    <table class="apps" role="table" aria-label="Apps">
      <thead role="rowgroup">
        <tr role="row">
          <SortHeader query={query} sort="name" label="App" />
          <SortHeader query={query} sort="state" label="State" />
          {METRICS.map(({ key, label, title }) => (
            <SortHeader query={query} sort={`-${key}`} label={label} title={title} />
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {apps.map((app) => <AppRow app={app} />)}
        <tr role="row" data-empty hidden={apps.length > 0}>
          <td role="cell" colspan={10} class="empty">
            No app matches. <a href="/">Show all apps</a>
          </td>
        </tr>
      </tbody>
    </table>
  );
}

function AppRow({ app: { snapshot, origin, figures } }: { app: ListedApp }) {
  const { name, hostnames, state } = snapshot;
  const more = hostnames.length > 1 ? ` +${hostnames.length - 1}` : "";
  return (
    <tr role="row" data-app={name} data-state={state} data-search={searchText(snapshot)}>
      <td role="cell">
        <a class="name" href={`/apps/${name}`}>{name}</a>
        <span class="host">
          {origin?.versionOf ? `version of ${origin.versionOf}` : (hostnames[0] ?? "no host") + more}
        </span>
      </td>
      <td role="cell">
        <span class="state" data-state={state} title={STATE_MEANINGS[state]}>{stateText(state, snapshot.crashes)}</span>
      </td>
      {METRICS.map(({ key, label, text }) => {
        const value = figures[key] ?? null;
        return (
          <td role="cell" data-label={label} data-metric={key} data-zero={String(!value)}>
            <span class="figure">{value === null ? "–" : text(value)}</span>
          </td>
        );
      })}
    </tr>
  );
}

function SortHeader(
  { query, sort, label, title }: { query: ListQuery; sort: string; label: string; title?: string },
) {
  const key = sort.replace(/^-/, "");
  const present = query.sort.replace(/^-/, "") === key
    ? (query.sort.startsWith("-") ? "descending" : "ascending")
    : null;
  const next = query.sort === sort ? (sort.startsWith("-") ? key : `-${key}`) : sort;
  const address = new URLSearchParams({ q: query.q, state: query.state, sort: next });
  return (
    <th role="columnheader" scope="col" aria-sort={present ?? undefined} data-key={key}>
      <a href={`/?${address}`} data-sort={sort} title={title}>{label}</a>
    </th>
  );
}
