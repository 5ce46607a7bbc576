/** The head of an app's page: its state, where it is reached, why it restarted last, what can be done. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { AppDetails } from "./app_details.ts";
import { countText, durationText, latencyText } from "../schemas/figures.ts";
import { Note } from "./page_layout.tsx";
import { stateText } from "./views/app_states.ts";
import { StateChip } from "./views/state_chip.tsx";

/** Replaced as a whole when the state changes. */
export function AppHeader({ details }: { details: AppDetails }) {
  const { snapshot, config, origin, summary, now } = details;
  const { name, state, crashes, hostnames, port, version, since, startSeconds } = snapshot;
  return (
    <div class="apphead">
      <p class="crumb">
        <a href="/">Apps</a> <span class="muted">/</span>
      </p>
      <div class="pagehead">
        <h1>{name}</h1>
        <StateChip state={state} crashes={crashes} id="app-state" />
        <div class="buttons">
          <a class="button" href={`/apps/${name}/restart`} data-dialog="restart-dialog" aria-haspopup="dialog">
            Restart
          </a>
          <a class="button" href={`/apps/${name}/drain`} data-dialog="drain-dialog" aria-haspopup="dialog">Drain</a>
          <a class="button danger" href={`/apps/${name}/remove`} data-dialog="remove-dialog" aria-haspopup="dialog">
            Remove
          </a>
          <button type="button" class="button primary" data-dialog="deploy-dialog" aria-haspopup="dialog" hidden>
            Deploy
          </button>
        </div>
      </div>
      <ul class="facts">
        {hostnames.map((host) => <li>{host.startsWith("*") ? host : <HostLink host={host} details={details} />}</li>)}
        {port === null ? null : <li>port {port}</li>}
        <li>{stateText(state, crashes)} for {durationText(now - since)}</li>
        {startSeconds === null ? null : <li>started in {latencyText(startSeconds)}</li>}
        <li>
          {countText(summary.requests)} requests, {countText(summary.errors)} errors
        </li>
        <li>{origin?.deployed === null || origin === null ? "code from its path" : `serves ${origin.deployed}`}</li>
        {version === null ? null : (
          <li>
            build <code>{version.slice(0, 12)}</code>
          </li>
        )}
        {config === null || origin?.deployed ? null : (
          <li>
            <code>{config.path}</code>
          </li>
        )}
        {origin?.versionOf
          ? (
            <li>
              version of <a href={`/apps/${origin.versionOf}`}>{origin.versionOf}</a>
            </li>
          )
          : null}
      </ul>
      <Trouble details={details} />
    </div>
  );
}

/** What went wrong last, and what helps. */
function Trouble(
  { details: { snapshot: { state, crashes, error, lastExit, restarts }, now } }: { details: AppDetails },
) {
  const counted = Object.entries(restarts).map(([reason, count]) => `${reasonText(reason)} ${count}×`).join(", ");
  const last = lastExit === null
    ? []
    : [`${sentence(reasonText(lastExit.reason))} ${durationText(now - lastExit.at)} ago: ${lastExit.detail}`];
  const total = counted === "" ? [] : [`Restarts so far: ${counted}`];
  if (error !== null) {
    const next = "Deploy a mended version, roll back, or restart to try again";
    return <TroubleNote tone="bad" text={error} details={[...last, ...total, next]} />;
  }
  if (last.length === 0) return null;
  if (state === "crash_loop") {
    const text = `The app keeps dying: ${crashes} times in a row. It is started again after ever longer waits`;
    const next = "Deploy a mended version or roll back; raise its limits if it needs more";
    return <TroubleNote tone="bad" text={text} details={[...last, ...total, next]} />;
  }
  return (
    <TroubleNote
      tone={state === "backoff" ? "bad" : "warn"}
      text={state === "backoff" ? "The app ended too often and waits to be started again" : "The app was restarted"}
      details={[...last, ...total]}
    />
  );
}

function TroubleNote(note: { tone: "bad" | "warn"; text: string; details: readonly string[] }) {
  return (
    <div class="trouble">
      <Note note={note} />
    </div>
  );
}

function HostLink({ host, details: { listener: { protocol, port } } }: { host: string; details: AppDetails }) {
  const standard = protocol === "https" ? 443 : 80;
  return (
    <a
      href={`${protocol}://${host}${port === standard || port === 0 ? "" : `:${port}`}/`}
      rel="noreferrer"
      target="_blank"
    >
      {host}
    </a>
  );
}

function reasonText(reason: string): string {
  return reason.replaceAll("_", " ");
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
