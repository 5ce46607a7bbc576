/** The form that adds an app from a folder on the machine. */
import { CsrfField, Note, type PageFrame, PageLayout } from "./page_layout.tsx";
import type { FlashNote } from "./flash_notes.ts";
import { TextArea, TextField } from "./text_field.tsx";

/** What was written into the form. */
export interface NewAppForm {
  readonly name: string;
  readonly path: string;
  readonly hostname: string;
  /** One `NAME=value` a line. */
  readonly env: string;
}

/** @param problem why the form was refused, or null */
export function NewAppPage(
  { frame, form, problem }: { frame: PageFrame; form: NewAppForm; problem: FlashNote | null },
) {
  return (
    <PageLayout title="Add an app" frame={frame}>
      <header class="pagehead">
        <h1>Add an app</h1>
        <p>From a folder that is already on this machine. It is kept across restarts; nano.json stays as it is.</p>
      </header>
      {problem === null ? null : <Note note={problem} />}
      <form method="post" action="/new" class="card narrow">
        <div class="body">
          <CsrfField csrf={frame.csrf} />
          <TextField
            name="path"
            label="Path"
            value={form.path}
            placeholder="/srv/apps/blog"
            hint="A folder, or an entry file such as index.ts. Relative to nano.json."
            required
          />
          <TextField
            name="hostname"
            label="Hostname"
            value={form.hostname}
            placeholder="blog.example.com"
            hint="One host, or several with commas between them; *.example.com for all below."
            required
          />
          <TextField
            name="name"
            label="Name"
            value={form.name}
            placeholder="blog"
            hint="Made from the hostname when empty."
          />
          <TextArea
            name="env"
            label="Environment"
            value={form.env}
            maxRows={16}
            placeholder="LOG_LEVEL=debug"
            hint="One NAME=value a line. Secrets belong into nano.json, as from_env or from_file."
          />
          <div class="buttons">
            <button type="submit" class="button primary" data-busy="Adding…">Add the app</button>
            <a class="button" href="/">Cancel</a>
          </div>
        </div>
      </form>
      <p class="hint" id="upload">
        An archive instead? Drop it on the <a href="/">overview</a>, or run <code>nano deploy DIR</code>.
      </p>
    </PageLayout>
  );
}
