/** The overview: totals, what needs attention, all apps. */
import { DeployDialog } from "./deploy_dialog.tsx";
import { type PageFrame, PageLayout } from "./page_layout.tsx";
import { countOfRows, type ListQuery, type OverviewView, selectRows } from "./views/app_row.ts";
import { APP_STATES } from "./views/app_states.ts";
import { AppTable } from "./views/app_table.tsx";
import { AttentionPanel } from "./views/attention_panel.tsx";
import { TotalTiles } from "./views/total_tiles.tsx";

/** The first page after the login. */
export function OverviewPage({ frame, view, query }: { frame: PageFrame; view: OverviewView; query: ListQuery }) {
  const { rows, now } = view;
  const shown = selectRows(rows, query);
  return (
    <PageLayout title="Apps" frame={frame} script="overview.js">
      <header class="pagehead">
        <h1>Apps</h1>
        <div class="buttons">
          <a class="button" href="/new">Add from a folder</a>
          <a class="button primary" href="/new#upload" data-dialog="deploy-dialog" aria-haspopup="dialog">Deploy</a>
        </div>
      </header>
      {rows.length === 0 ? <NoApps /> : (
        <>
          <dl class="card totals" id="totals" aria-label="All apps together">
            <TotalTiles apps={rows} />
          </dl>
          <div id="attention">
            <AttentionPanel rows={rows} csrf={frame.csrf} now={now} />
          </div>
          <Toolbar query={query} count={countOfRows(shown.length, rows.length)} />
          <div class="card" id="apps">
            <AppTable rows={shown} query={query} />
          </div>
        </>
      )}
      <DeployDialog app={null} csrf={frame.csrf} />
    </PageLayout>
  );
}

function Toolbar({ query, count }: { query: ListQuery; count: string }) {
  return (
    <form class="toolbar" id="toolbar" method="get" action="/" role="search">
      <div class="search">
        <label class="visually-hidden" for="search">Search apps by name or host</label>
        <input
          id="search"
          name="q"
          type="search"
          placeholder="Search name or host"
          value={query.q}
          autocomplete="off"
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <label class="visually-hidden" for="state">State</label>
      <select id="state" name="state">
        <option value="">All states</option>
        <option value="attention" selected={query.state === "attention"}>Needs attention</option>
        {APP_STATES.map((state) => (
          <option value={state} selected={query.state === state}>{state.replace("_", " ")}</option>
        ))}
      </select>
      <input type="hidden" name="sort" value={query.sort} />
      <noscript>
        <button type="submit" class="button">Show</button>
      </noscript>
      <span class="count" id="count" role="status">{count}</span>
    </form>
  );
}

const FIRST_APP = `{
  "apps": [
    { "name": "hello", "path": "./hello", "hostname": "hello.localhost" }
  ]
}`;

function NoApps() {
  return (
    <div class="card empty" id="no-apps">
      <h2>No apps yet</h2>
      <p>Drop a zip or tar.gz of an app here, or deploy a folder from the command line:</p>
      <pre><code>nano deploy ./my-app --hostname my-app.localhost</code></pre>
      <p>Or name it in nano.json; NANO takes up the change within two seconds:</p>
      <pre><code>{FIRST_APP}</code></pre>
    </div>
  );
}
