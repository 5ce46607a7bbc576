/** One app's page: state, live charts, versions, settings, jobs, log. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { AppDetails } from "./app_details.ts";
import { AppHeader } from "./app_header.tsx";
import { CronsPanel } from "./crons_panel.tsx";
import { ConfirmDialogs } from "./confirm_form.tsx";
import { DeployDialog } from "./deploy_dialog.tsx";
import { HistoryTable } from "./history_page.tsx";
import { LogPanel } from "./log_panel.tsx";
import { Note, type PageFrame, PageLayout } from "./page_layout.tsx";
import { ProcessPanel } from "./process_panel.tsx";
import { EnvPanel, LimitsPanel, OverridesPanel } from "./settings_panels.tsx";
import { StatusPanel } from "./status_panel.tsx";
import { VersionsPanel } from "./versions_panel.tsx";
import { APP_CHARTS } from "./views/app_charts.ts";

/** The page of one app. */
export function AppPage({ frame, details }: { frame: PageFrame; details: AppDetails }) {
  const { snapshot: { name }, config, origin, setAside } = details;
  return (
    <PageLayout title={name} frame={frame} script="app.js">
      <div id="app" data-app={name}>
        <div id="app-head">
          <AppHeader details={details} />
        </div>
        {setAside.length === 0
          ? null
          : <Note note={{ tone: "warn", text: "Kept changes of this app are not in force:", details: setAside }} />}
        <div class="stack">
          <section class="charts" aria-label="Live figures">
            {APP_CHARTS.map(({ id, title, lines }) => (
              <figure class="card chart" data-chart={id}>
                <h2>
                  {title} <output data-now aria-live="off">–</output>
                </h2>
                <div class="plot" role="img" aria-label={`${title}, the last minutes`}></div>
                <ul class="key">
                  {lines.length === 1
                    ? null
                    : lines.map(({ label, ink }) => <li class={ink === "accent" ? undefined : ink}>{label}</li>)}
                </ul>
              </figure>
            ))}
          </section>
          <noscript>
            <p class="note">Live charts and the live log need JavaScript; all else on this page works without.</p>
          </noscript>
          <div id="versions">
            <VersionsPanel details={details} csrf={frame.csrf} />
          </div>
          <LogPanel lines={details.lines} />
          <div class="halves">
            <div class="stack">
              <div id="statuses">
                <StatusPanel details={details} />
              </div>
              {config === null || config.crons.length === 0
                ? null
                : <CronsPanel app={name} crons={config.crons} csrf={frame.csrf} />}
              {origin?.overrides ? <OverridesPanel app={name} overrides={origin.overrides} csrf={frame.csrf} /> : null}
              <section class="card" aria-labelledby="history-title">
                <header>
                  <h2 id="history-title">Last changes</h2>
                  <a href={`/history?app=${name}`}>All changes</a>
                </header>
                <HistoryTable entries={details.history} withApp={false} />
              </section>
            </div>
            {config === null ? null : (
              <div class="stack">
                <EnvPanel config={config} csrf={frame.csrf} />
                <LimitsPanel config={config} editable={origin !== null && origin.source !== "version"} />
                <div id="process">
                  <ProcessPanel snapshot={details.snapshot} />
                </div>
              </div>
            )}
          </div>
        </div>
        <ConfirmDialogs details={details} csrf={frame.csrf} />
        <DeployDialog app={name} csrf={frame.csrf} />
      </div>
    </PageLayout>
  );
}
