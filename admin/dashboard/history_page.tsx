/** What was changed, by whom, and what came of it. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { HistoryEntry } from "../../runtime/mod.ts";
import { type PageFrame, PageLayout } from "./page_layout.tsx";

/** One page of the history. */
export interface HistoryPageView {
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  /** Only of this app, or null. */
  readonly app: string | null;
  /** Names to choose from. */
  readonly apps: readonly string[];
  /** Only entries before this id are shown, or null. */
  readonly before: number | null;
  /** Whether there are older ones. */
  readonly more: boolean;
}

/** The history with its filter and paging. */
export function HistoryPage({ frame, view }: { frame: PageFrame; view: HistoryPageView }) {
  const { entries, app, apps, before, more } = view;
  const filter = app === null ? "" : `app=${encodeURIComponent(app)}`;
  const last = entries.at(-1);
  return (
    <PageLayout title="History" frame={frame}>
      <header class="pagehead">
        <h1>History</h1>
        <p>Every change that was asked for through the API, the command line or here, and what came of it.</p>
      </header>
      <form class="toolbar" method="get" action="/history">
        <label for="history-app">App</label>
        <input
          id="history-app"
          name="app"
          list="history-apps"
          value={app ?? ""}
          placeholder="All apps"
          class="appfilter"
        />
        <datalist id="history-apps">{apps.map((name) => <option value={name}></option>)}</datalist>
        <button type="submit" class="button">Show</button>
        {app === null ? null : <a href="/history">All apps</a>}
      </form>
      <section class="card" aria-label="Changes">
        <HistoryTable entries={entries} withApp />
      </section>
      <nav class="buttons paging" aria-label="Pages">
        {before === null ? null : <a class="button" href={`/history?${filter}`}>Newest</a>}
        {more && last !== undefined
          ? <a class="button" href={`/history?${filter}${filter && "&"}before=${last.id}`} rel="next">Older</a>
          : null}
      </nav>
    </PageLayout>
  );
}

/** @param withApp whether to name the app of each */
export function HistoryTable({ entries, withApp }: { entries: readonly HistoryEntry[]; withApp: boolean }) {
  if (entries.length === 0) {
    return <p class="empty">Nothing was changed yet. Deploys, restarts, reloads and edits will be listed here.</p>;
  }
  return (
    <table class="list stacked">
      <thead>
        <tr>
          <th scope="col">When</th>
          {withApp ? <th scope="col">App</th> : null}
          <th scope="col">What</th>
          <th scope="col">Who</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ id, at, app, action, detail, error, actor }) => (
          <tr data-entry={id}>
            <td class="muted nowrap">
              <time datetime={new Date(at).toISOString()}>{whenText(at)}</time>
            </td>
            {withApp
              ? <td>{app === null ? <span class="muted">all</span> : <a href={`/apps/${app}`}>{app}</a>}</td>
              : null}
            <td class="long">
              <span title={action}>{detail}</span>
              {error === null ? null : <div class="failure">Failed: {error}</div>}
            </td>
            <td class="muted small nowrap">{actor}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** In UTC, as logs are. */
function whenText(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}
