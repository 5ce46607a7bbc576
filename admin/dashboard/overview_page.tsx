/** The overview: totals, what needs attention, all apps. */
import { APP_STATES } from "./app_states.ts";
import { AppTable } from "./app_table.tsx";
import { type ListedApp, type ListQuery, needsAttention, selectApps } from "./app_list.ts";
import { AttentionPanel } from "./attention_panel.tsx";
import { bytesText, countText, cpuText } from "./client/figures.js";
import { statesText } from "./client/metrics.js";
import { DeployDialog } from "./deploy_dialog.tsx";
import { type PageFrame, PageLayout } from "./page_layout.tsx";

/** What the overview shows. */
export interface Overview {
  readonly apps: readonly ListedApp[];
  readonly query: ListQuery;
  /** ms since the epoch. */
  readonly now: number;
  /** Seconds between the ticks of the live figures. */
  readonly tickSeconds: number;
}

/** The first page after the login. */
export function OverviewPage({ frame, overview }: { frame: PageFrame; overview: Overview }) {
  const { apps, query, tickSeconds } = overview;
  return (
    <PageLayout title="Apps" frame={frame} script="overview.js">
      <header class="pagehead">
        <h1>Apps</h1>
        <div class="buttons">
          <a class="button" href="/new">Add from a folder</a>
          <a class="button primary" href="/new#upload" data-dialog="deploy-dialog" aria-haspopup="dialog">Deploy</a>
        </div>
      </header>
      {apps.length === 0 ? <NoApps /> : (
        <>
          <Totals apps={apps} />
          <div id="attention">
            <AttentionPanel
              apps={apps.filter(({ snapshot }) => needsAttention(snapshot))}
              csrf={frame.csrf}
              now={overview.now}
            />
          </div>
          <Toolbar query={query} total={apps.length} shown={selectApps(apps, query).length} />
          <div class="card" id="apps" data-tick-seconds={tickSeconds}>
            <AppTable apps={selectApps(apps, query)} query={query} />
          </div>
        </>
      )}
      <DeployDialog app={null} csrf={frame.csrf} />
    </PageLayout>
  );
}

function Totals({ apps }: { apps: readonly ListedApp[] }) {
  const sum = (key: string) => apps.reduce((total, { figures }) => total + (figures[key] ?? 0), 0);
  const running = apps.filter(({ snapshot }) => snapshot.state === "running").length;
  const tiles = [
    { key: "running", label: "Running", text: String(running), unit: `of ${apps.length}` },
    { key: "requests_per_second", label: "Requests", text: countText(sum("requests_per_second")), unit: "per second" },
    { key: "errors_per_second", label: "Errors", text: countText(sum("errors_per_second")), unit: "per second" },
    { key: "in_flight", label: "In flight", text: countText(sum("in_flight")), unit: "requests" },
    {
      key: "memory",
      label: "Memory",
      text: bytesText(sum("heap_bytes") + sum("external_bytes")),
      unit: "in use",
    },
    { key: "cpu", label: "CPU", text: cpuText(sum("cpu")), unit: "of one core" },
  ];
  return (
    <dl class="card totals" id="totals" aria-label="All apps together">
      {tiles.map(({ key, label, text, unit }) => (
        <div data-total={key}>
          <dt>{label}</dt>
          <dd>
            <span data-value>{text}</span> <span class="unit" data-unit>{unit}</span>
          </dd>
          {key === "running"
            ? <dd class="states" data-states>{statesText(apps.map(({ snapshot }) => snapshot.state))}</dd>
            : null}
        </div>
      ))}
    </dl>
  );
}

function Toolbar({ query, total, shown }: { query: ListQuery; total: number; shown: number }) {
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
      <span class="count" id="count" role="status">
        {shown === total ? `${total} apps` : `${shown} of ${total} apps`}
      </span>
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
