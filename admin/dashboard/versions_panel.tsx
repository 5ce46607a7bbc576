/** The versions of an app: which one serves, and the way to another. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { VersionView } from "../../runtime/mod.ts";
import type { AppDetails } from "./app_details.ts";
import { bytesText, durationText } from "../schemas/figures.ts";
import { CsrfField } from "./page_layout.tsx";

const ROLE_NAMES = { active: "serves", rollout: "rollout", preview: "preview", kept: "kept" } as const;

/** @param csrf of the session */
export function VersionsPanel({ details, csrf }: { details: AppDetails; csrf: string }) {
  const { snapshot: { name }, origin, versions } = details;
  const deployed = origin?.deployed ?? null;
  return (
    <section class="card" aria-labelledby="versions-title">
      <header>
        <h2 id="versions-title">Versions</h2>
        {origin === null || origin.previous === null && origin.rollout === null
          ? null
          : (
            <form method="post" action={`/apps/${name}/rollback`}>
              <CsrfField csrf={csrf} />
              <button type="submit" class="button small" data-busy="Rolling back…">Roll back to the one before</button>
            </form>
          )}
      </header>
      {origin?.rollout ? <RolloutForm app={name} csrf={csrf} rollout={origin.rollout} /> : null}
      {versions.length === 0
        ? (
          <div class="empty">
            <h2>No deployed versions</h2>
            <p>
              The code comes from the app's path. Drop a zip or tar.gz anywhere on this page, or run{" "}
              <code>nano deploy DIR --name {name}</code>.
            </p>
          </div>
        )
        : (
          <table class="list stacked">
            <thead>
              <tr>
                <th scope="col">Version</th>
                <th scope="col">Deployed</th>
                <th scope="col">Note</th>
                <th scope="col" class="number">Size</th>
                <th scope="col">
                  <span class="visually-hidden">Change</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {versions.map((version) => <VersionRow version={version} details={details} csrf={csrf} />)}
              {deployed === null ? null : <PathRow details={details} csrf={csrf} />}
            </tbody>
          </table>
        )}
    </section>
  );
}

function VersionRow({ version, details, csrf }: { version: VersionView; details: AppDetails; csrf: string }) {
  const { snapshot: { name }, now, listener } = details;
  const { version: id, role, createdAt, bytes, files, note, actor, previewHost } = version;
  return (
    <tr data-version={id}>
      <td>
        <strong>{id}</strong> <span class="state" data-state={role}>{ROLE_NAMES[role]}</span>
      </td>
      <td>
        <time datetime={new Date(createdAt).toISOString()}>{durationText(now - createdAt)} ago</time>{" "}
        <span class="muted small">{actor}</span>
      </td>
      <td class="long">
        {note === "" ? null : <span>{note}</span>}
        {previewHost === null
          ? null
          : (
            <a href={`${listener.protocol}://${previewHost}:${listener.port}/`} rel="noreferrer" target="_blank">
              {previewHost}
            </a>
          )}
      </td>
      <td class="number muted">
        {bytesText(bytes)}, {files} files
      </td>
      <td>
        <div class="end">
          {role === "active" ? null : (
            <>
              <ActionForm path={`/apps/${name}/rollback`} csrf={csrf} version={id} busy="Switching…">
                {`Serve ${id}`}
              </ActionForm>
              {role === "rollout" ? null : (
                <form method="post" action={`/apps/${name}/rollout`}>
                  <CsrfField csrf={csrf} />
                  <input type="hidden" name="version" value={id} />
                  <input type="hidden" name="percent" value="10" />
                  <button type="submit" class="button small" data-busy="Starting…">Give it 10 %</button>
                </form>
              )}
              <ActionForm path={`/apps/${name}/versions/${id}/remove`} csrf={csrf} version={id} busy="Deleting…" danger>
                {`Delete ${id}`}
              </ActionForm>
            </>
          )}
        </div>
      </td>
    </tr>
  );
}

function PathRow({ details, csrf }: { details: AppDetails; csrf: string }) {
  const { name } = details.snapshot;
  return (
    <tr data-version="path">
      <td>
        <strong>path</strong>
      </td>
      <td class="muted">the app's own folder</td>
      <td></td>
      <td></td>
      <td>
        <div class="end">
          <ActionForm path={`/apps/${name}/rollback`} csrf={csrf} version="path" busy="Switching…">
            Serve path
          </ActionForm>
        </div>
      </td>
    </tr>
  );
}

function ActionForm(
  { path, csrf, version, busy, danger = false, children }: {
    path: string;
    csrf: string;
    version: string;
    busy: string;
    danger?: boolean;
    children?: string;
  },
) {
  return (
    <form method="post" action={path}>
      <CsrfField csrf={csrf} />
      <input type="hidden" name="version" value={version} />
      <button type="submit" class={danger ? "button small quiet danger" : "button small"} data-busy={busy}>
        {children}
      </button>
    </form>
  );
}

function RolloutForm(
  { app, csrf, rollout }: { app: string; csrf: string; rollout: { version: string; percent: number } },
) {
  const { version, percent } = rollout;
  return (
    <div class="body rollout">
      <form method="post" action={`/apps/${app}/rollout`} class="buttons" aria-label={`Rollout of ${version}`}>
        <CsrfField csrf={csrf} />
        <input type="hidden" name="version" value={version} />
        <label for="rollout-percent">{version} gets this part of the requests:</label>
        <input id="rollout-percent" name="percent" type="number" min={0} max={100} value={String(percent)} required />
        <span>%</span>
        <button type="submit" class="button small">Change</button>
        <button type="submit" class="button small" name="all" value="100">All of them</button>
        <button type="submit" class="button small" name="all" value="0">End the rollout</button>
      </form>
    </div>
  );
}
