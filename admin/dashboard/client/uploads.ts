/// <reference lib="dom" />
/** Uploads files into an R2 bucket, one after the other and with their progress; a page asks for none without it. */
import { bytesText } from "../../schemas/figures.ts";
import { receiveDrops } from "./file_drops.ts";
import { leaveNote } from "./frame.ts";
import { fieldText, partBelow } from "./page_elements.ts";
import { fileRequest, UploadStatus } from "./upload_form.ts";

const form = partBelow(document, "form[data-upload]", HTMLFormElement);
const files = partBelow(form, "input[type=file]", HTMLInputElement);
const key = partBelow(form, "input[name=key]", HTMLInputElement);
const send = partBelow(form, "[type=submit]", HTMLButtonElement);
const cancel = partBelow(form, "[data-cancel]", HTMLButtonElement);
const status = new UploadStatus(form);
const bucket = form.dataset["bucket"] ?? "";
let running: XMLHttpRequest | null = null;

partBelow(document, "[data-without-script]", HTMLElement).hidden = true;
form.hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running === null && files.files !== null && files.files.length > 0) void upload([...files.files]);
});
cancel.addEventListener("click", () => running?.abort());
receiveDrops("Drop files to upload them", (dropped) => {
  files.files = dropped;
  form.scrollIntoView({ block: "center" });
  key.focus();
});

/** What is done stays done: an upload that fails or is given up tells how many were. */
async function upload(chosen: readonly File[]): Promise<void> {
  const csrf = fieldText(new FormData(form), "csrf");
  status.problem(null);
  busy(true);
  let done = 0;
  try {
    for (const file of chosen) {
      const count = chosen.length === 1 ? "" : `${done + 1} of ${chosen.length}, `;
      await put(file, keyOf(file), csrf, (loaded, total) => {
        const text = loaded === total ? "writing to the disk…" : `${bytesText(loaded)} of ${bytesText(total)}`;
        status.progress({ share: total === 0 ? 1 : loaded / total, text: `${count}${file.name}: ${text}` });
      });
      done++;
    }
    leaveNote(done === 1 ? `Uploaded ${keyOf(chosen[0]!)}` : `Uploaded ${done} files`);
    location.reload();
  } catch (error) {
    const kept = done === 0 ? "" : ` ${done} of ${chosen.length} files were uploaded.`;
    status.problem(`${(error as Error).message}.${kept}`);
  } finally {
    running = null;
    busy(false);
  }
}

function keyOf(file: File): string {
  const written = key.value;
  return written === "" || written.endsWith("/") || (files.files?.length ?? 0) > 1 ? `${written}${file.name}` : written;
}

function put(file: File, to: string, csrf: string, tell: (loaded: number, total: number) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const query = file.type === "" ? "" : `?content_type=${encodeURIComponent(file.type)}`;
  const path = `/admin/r2/${encodeURIComponent(bucket)}/objects/${encodeURIComponent(to)}${query}`;
  const request = running = fileRequest("PUT", path, csrf);
  request.upload.addEventListener("progress", ({ loaded, total }) => tell(loaded, total));
  request.addEventListener("load", () => {
    if (request.status === 200) return resolve();
    const { detail } = (request.response ?? {}) as { readonly detail?: string };
    reject(new Error(detail ?? `Cannot upload "${file.name}": NANO answered with status ${request.status}`));
  });
  request.addEventListener("error", () => {
    reject(new Error(`Cannot upload "${file.name}": the connection was lost. Nothing of it was kept; try again`));
  });
  request.addEventListener("abort", () => {
    reject(new Error(`The upload of "${file.name}" was given up. Nothing of it was kept`));
  });
  tell(0, file.size);
  request.send(file);
  return promise;
}

function busy(is: boolean): void {
  if (!is) status.progress(null);
  send.disabled = is;
  cancel.hidden = !is;
}
