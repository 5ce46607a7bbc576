/** An app's settings: environment with masked secrets, limits, and what was put in the place of nano.json's keys. */
import type { AppConfig } from "../../runtime/mod.ts";
import { limitFields } from "./limit_form.ts";
import { limitText } from "./limit_text.ts";
import { CsrfField } from "./page_layout.tsx";

/** Variables; secrets arrive masked. */
export function EnvPanel({ config, csrf }: { config: AppConfig; csrf: string }) {
  const { name: app, env, secrets } = config;
  const names = Object.keys(env).sort();
  return (
    <section class="card" aria-labelledby="env-title">
      <header>
        <h2 id="env-title">Environment</h2>
        <span class="muted small">{names.length} variables</span>
      </header>
      {names.length === 0
        ? <p class="empty">No variables. Set one below, or under "env" in nano.json.</p>
        : (
          <table class="list stacked">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Value</th>
                <th scope="col">
                  <span class="visually-hidden">Change</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {names.map((name) => (
                <tr>
                  <td class="long">
                    <code>{name}</code>
                  </td>
                  <td class="long">
                    {secrets.includes(name)
                      ? <span class="muted" title="A secret is never shown">•••••• secret</span>
                      : <code>{env[name]}</code>}
                  </td>
                  <td>
                    <div class="end">
                      <form method="post" action={`/apps/${app}/env`}>
                        <CsrfField csrf={csrf} />
                        <input type="hidden" name="name" value={name} />
                        <input type="hidden" name="unset" value="1" />
                        <button type="submit" class="button small quiet" data-busy="…" aria-label={`Unset ${name}`}>
                          Unset
                        </button>
                      </form>
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      <form method="post" action={`/apps/${app}/env`} class="body envform">
        <CsrfField csrf={csrf} />
        <input
          name="name"
          required
          pattern="[A-Za-z_][A-Za-z0-9_]*"
          title="Letters, digits and underscores"
          placeholder="NAME"
          aria-label="Name of the variable"
          autocomplete="off"
          spellcheck={false}
        />
        <input
          name="value"
          placeholder="value"
          aria-label="Value of the variable"
          autocomplete="off"
          spellcheck={false}
        />
        <button type="submit" class="button" data-busy="Setting…">Set</button>
      </form>
    </section>
  );
}

/** The limits in force. @param editable whether the app is one that may be changed, and not a version of another */
export function LimitsPanel({ config, editable }: { config: AppConfig; editable: boolean }) {
  const rows: readonly (readonly [label: string, value: string])[] = [
    ...limitFields(config).map(({ limit, value }) => [limit.label, limitText(limit, value)] as const),
    ["Isolation", config.isolation === "process" ? "a process of its own" : "a thread of NANO"],
    ["Outgoing connections", typeof config.outbound === "string" ? config.outbound : config.outbound.join(", ")],
    ["Static files", config.assets === null ? "none" : config.assets.path],
    ["Streams", config.streams],
    ["Compatibility", config.compat === "full" ? "all of Deno and Node" : "the web platform"],
    ["node: modules", config.compat === "full" ? "Deno's own" : config.nodeCompat ? "harmless ones" : "none"],
    ["Starts", config.starts],
  ];
  return (
    <section class="card" aria-labelledby="limits-title">
      <header>
        <h2 id="limits-title">Limits</h2>
        {editable ? <a class="button small" href={`/apps/${config.name}/limits`}>Edit limits</a> : null}
      </header>
      <dl class="pairs body">
        {rows.map(([label, value]) => (
          <>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}

/** Keys that the API or the dashboard have put in the place of nano.json's. */
export function OverridesPanel(
  { app, overrides, csrf }: { app: string; overrides: Readonly<Record<string, unknown>>; csrf: string },
) {
  return (
    <section class="card" aria-labelledby="overrides-title">
      <header>
        <h2 id="overrides-title">Overrides</h2>
        <form method="post" action={`/apps/${app}/reset`}>
          <CsrfField csrf={csrf} />
          <button type="submit" class="button small" data-busy="Resetting…">Reset to nano.json</button>
        </form>
      </header>
      <div class="body">
        <p class="muted">Set while NANO ran; they win over nano.json until they are reset.</p>
        <pre><code>{JSON.stringify(overrides, null, 2)}</code></pre>
      </div>
    </section>
  );
}
