/** The dialog that deploys an archive: a new version of an app, or a new app. Uploading needs the script. */
import { UploadProgress } from "./views/upload_progress.tsx";
import { TextField } from "./text_field.tsx";

/** @param app null: the archive becomes a new app */
export function DeployDialog({ app, csrf }: { app: string | null; csrf: string }) {
  return (
    <dialog id="deploy-dialog" aria-labelledby="deploy-title" data-deploy>
      <form method="post" action={app === null ? "/new" : `/apps/${app}`} data-app={app ?? ""}>
        <input type="hidden" name="csrf" value={csrf} />
        <h2 id="deploy-title">{app === null ? "Deploy a new app" : `Deploy a new version of ${app}`}</h2>
        <p>
          {app === null
            ? "A zip or tar.gz of the app's folder. It boots before it gets a request."
            : "It boots before it gets a request; what serves now stays for a rollback."}
        </p>
        <div class="field">
          <label for="deploy-file">Archive (.zip, .tar.gz)</label>
          <input
            id="deploy-file"
            name="file"
            type="file"
            accept=".zip,.tgz,.gz,application/zip,application/gzip"
            required
          />
        </div>
        {app === null ? <NewAppFields /> : <TargetFields />}
        <TextField id="deploy-note" name="note" label="Note" maxlength={200} placeholder="What is new (optional)" />
        <UploadProgress />
        <div class="buttons">
          <button type="button" class="button" data-close>Cancel</button>
          <button type="submit" class="button primary">Deploy</button>
        </div>
      </form>
    </dialog>
  );
}

function NewAppFields() {
  return (
    <>
      <TextField
        id="deploy-name"
        name="name"
        label="Name"
        required
        pattern="[a-z0-9][a-z0-9\-]{0,62}"
        title="Lower case letters, digits and dashes"
      />
      <TextField
        id="deploy-hostname"
        name="hostname"
        label="Hostname"
        placeholder="The name"
        hint={
          <>
            One host, or several with commas between them; <code>*.example.com</code> for all below.
          </>
        }
      />
    </>
  );
}

function TargetFields() {
  return (
    <fieldset class="field">
      <legend class="label">Who gets it</legend>
      <label class="choice">
        <input type="radio" name="target" value="all" checked /> Everybody
      </label>
      <label class="choice">
        <input type="radio" name="target" value="percent" /> A part of the requests:
        <input type="number" name="percent" min={1} max={99} value="10" aria-label="Percent of the requests" /> %
      </label>
      <label class="choice">
        <input type="radio" name="target" value="preview" /> Nobody: a preview on a host of its own
      </label>
    </fieldset>
  );
}
