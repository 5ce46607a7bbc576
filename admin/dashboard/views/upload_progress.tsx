/** How far the upload of a form is, and what became of it; client/upload_form.ts fills it. */

/** Hidden until there is something to tell. */
export function UploadProgress() {
  return (
    <>
      <div data-progress hidden>
        <progress max={1} value={0} aria-label="Upload"></progress>
        <p class="small" role="status" data-progress-text></p>
      </div>
      <div class="note bad" role="alert" data-error hidden>
        <div></div>
      </div>
    </>
  );
}
