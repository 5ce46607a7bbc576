/** The configuration in force, what a reload would change, and what stands in its way. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { ReloadSummary, SetAside } from "../../runtime/mod.ts";
import { CsrfField, Note, type PageFrame, PageLayout } from "./page_layout.tsx";

/** What the page shows. */
export interface ConfigView {
  /** Of nano.json, or null when there is none. */
  readonly file: string | null;
  /** Secrets masked, keys as in nano.json. */
  readonly config: unknown;
  /** What a reload would change now, or the mistakes that refuse it. */
  readonly preview: ReloadSummary | { readonly error: string; readonly mistakes: readonly string[] };
  readonly setAside: readonly SetAside[];
}

/** The page. */
export function ConfigPage({ frame, view }: { frame: PageFrame; view: ConfigView }) {
  const { file, config, preview, setAside } = view;
  return (
    <PageLayout title="Config" frame={frame}>
      <header class="pagehead">
        <h1>Config</h1>
        <div class="buttons">
          <form method="post" action="/config/reload">
            <CsrfField csrf={frame.csrf} />
            <button type="submit" class="button primary" data-busy="Reloading…">Reload now</button>
          </form>
        </div>
        <p>
          {file === null ? "Made up by nano dev; there is no nano.json." : <code>{file}</code>}
        </p>
      </header>
      <div class="stack">
        <section class="card" aria-labelledby="preview-title">
          <header>
            <h2 id="preview-title">What a reload would change</h2>
          </header>
          <div class="body">
            {"error" in preview
              ? (
                <>
                  <Note
                    note={{
                      tone: "bad",
                      text: `A reload would be refused: ${preview.error}`,
                      details: preview.mistakes,
                    }}
                  />
                  <p class="muted">
                    Until it is mended, what is in force serves on. <code>nano check</code> tells the same.
                  </p>
                </>
              )
              : <Summary summary={preview} />}
          </div>
        </section>
        {setAside.length === 0 ? null : (
          <section class="card" aria-labelledby="aside-title">
            <header>
              <h2 id="aside-title">Kept changes that are not in force</h2>
            </header>
            <ul class="body aside">
              {setAside.map(({ app, reasons }) => (
                <li>
                  <a href={`/apps/${app}`}>{app}</a>
                  <ul>{reasons.map((reason) => <li class="muted">{reason}</li>)}</ul>
                </li>
              ))}
            </ul>
          </section>
        )}
        <section class="card" aria-labelledby="config-title">
          <header>
            <h2 id="config-title">In force</h2>
            <span class="muted small">Secrets are masked, defaults are filled in</span>
          </header>
          <div class="body">
            <pre
              class="config"
              tabindex={0}
              aria-label="Configuration in force"
            ><code>{JSON.stringify(config, null, 2)}</code></pre>
          </div>
        </section>
      </div>
    </PageLayout>
  );
}

function Summary({ summary: { added, removed, changed } }: { summary: ReloadSummary }) {
  const rows = ([["Added", added], ["Changed", changed], ["Removed", removed]] as const).filter(([, apps]) =>
    apps.length > 0
  );
  if (rows.length === 0) return <p>Nothing: what the file says is in force.</p>;
  return (
    <dl class="pairs">
      {rows.map(([label, apps]) => (
        <>
          <dt>{label}</dt>
          <dd>{apps.join(", ")}</dd>
        </>
      ))}
    </dl>
  );
}
