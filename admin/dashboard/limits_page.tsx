/** The form that changes an app's limits; made of the table of limits. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { FlashNote } from "./flash_notes.ts";
import type { LimitField } from "./limit_form.ts";
import { limitText, rangeText } from "./limit_text.ts";
import { CsrfField, Note, type PageFrame, PageLayout } from "./page_layout.tsx";

/** What the page shows. */
export interface LimitsView {
  readonly app: string;
  /** Of the app as the form shows it: a change in between refuses what is sent. */
  readonly tag: string;
  readonly fields: readonly LimitField[];
  /** Why the form was refused, or null. */
  readonly problem: FlashNote | null;
}

/** The page. */
export function LimitsPage({ frame, view: { app, tag, fields, problem } }: { frame: PageFrame; view: LimitsView }) {
  const refused = fields.find((field) => field.problem !== null);
  const boots = fields.some(({ limit }) => limit.change === "new isolate");
  return (
    <PageLayout title={`Limits of ${app}`} frame={frame}>
      <p class="crumb">
        <a href={`/apps/${app}`}>{app}</a>
      </p>
      <header class="pagehead">
        <h1>Limits</h1>
        <p>
          {boots
            ? "A change boots a fresh isolate that takes over: no request is lost, but what the app keeps in memory is. "
            : ""}
          An empty field takes the default. nano.json stays as it is.
        </p>
      </header>
      {problem === null ? null : <Note note={problem} />}
      <form method="post" action={`/apps/${app}/limits`} class="card">
        <div class="body">
          <CsrfField csrf={frame.csrf} />
          <input type="hidden" name="tag" value={tag} />
          <div class="limitgrid">
            {fields.map((field) => <Field field={field} focused={field === refused} />)}
          </div>
          <div class="buttons">
            <button type="submit" class="button primary" data-busy="Saving…">Save</button>
            <a class="button" href={`/apps/${app}`}>Cancel</a>
          </div>
        </div>
      </form>
    </PageLayout>
  );
}

function Field({ field, focused }: { field: LimitField; focused: boolean }) {
  const { key, limit, value, typed, problem } = field;
  const described = problem === null ? `${key}-hint` : `${key}-problem ${key}-hint`;
  return (
    <div class="field" data-limit={key}>
      <label for={key}>
        {limit.label} <code class="muted">{key}</code>
      </label>
      <div class="withunit">
        <input
          id={key}
          name={key}
          value={typed}
          placeholder={defaultText(field)}
          inputmode="numeric"
          autocomplete="off"
          spellcheck={false}
          autofocus={focused}
          aria-invalid={problem === null ? undefined : "true"}
          aria-describedby={described}
        />
        <span class="muted">{limit.unit}</span>
      </div>
      {problem === null ? null : <p class="hint failure" id={`${key}-problem`}>{problem}</p>}
      <p class="hint" id={`${key}-hint`}>
        {limit.help.split("`").map((part, at) => at % 2 === 0 ? part : <code>{part}</code>)}{" "}
        <span class="nowrap">In force: {limitText(limit, value)}.</span>{" "}
        <span class="nowrap">Takes {rangeText(limit)}.</span>
      </p>
    </div>
  );
}

function defaultText({ limit, follows }: LimitField): string {
  if (typeof limit.default === "number") return `default ${limit.default}`;
  return follows === null ? "the global one" : `as ${follows}`;
}
