/** What needs attention: apps that do not serve, worst first, with the reason and the next step. */
import { type ListedApp, selectApps } from "./app_list.ts";
import { durationText } from "./client/figures.js";
import { STATE_MEANINGS } from "./app_states.ts";
import { stateText } from "./client/metrics.js";
import { CsrfField } from "./page_layout.tsx";

/** More would push the apps themselves off the screen. */
const SHOWN = 5;

/** @param now ms since the epoch */
export function AttentionPanel({ apps, csrf, now }: { apps: readonly ListedApp[]; csrf: string; now: number }) {
  if (apps.length === 0) return null;
  const worst = selectApps(apps, { q: "", state: "", sort: "" });
  return (
    <section class="card attention" aria-labelledby="attention-title">
      <header>
        <h2 id="attention-title">{apps.length === 1 ? "1 app needs" : `${apps.length} apps need`} attention</h2>
        {apps.length > SHOWN ? <a href="/?state=attention">Show all {apps.length}</a> : null}
      </header>
      <ul>
        {worst.slice(0, SHOWN).map(({ snapshot }) => snapshot).map((
          { name, state, crashes, error, lastExit, since },
        ) => (
          <li>
            <a class="name" href={`/apps/${name}`}>{name}</a>
            <span class="state" data-state={state}>{stateText(state, crashes)}</span>
            <p title={error ?? lastExit?.detail}>
              {error?.split("\n", 1)[0] ?? lastExit?.detail ?? STATE_MEANINGS[state]}
            </p>
            <span class="small muted">for {durationText(now - since)}</span>
            {state === "draining" || state === "starting" ? null : (
              <form method="post" action={`/apps/${name}/restart`}>
                <CsrfField csrf={csrf} />
                <input type="hidden" name="back" value="/" />
                <button type="submit" class="button small" data-busy="Restarting…" aria-label={`Restart ${name}`}>
                  Restart
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
