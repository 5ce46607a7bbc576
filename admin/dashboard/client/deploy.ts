/// <reference lib="dom" />
/** Deploys an archive that is dropped anywhere on the page or chosen in the dialog, with the upload's progress. */
import { openDialog } from "./dialogs.ts";
import { receiveDrops } from "./file_drops.ts";
import { bytesText } from "../../schemas/figures.ts";
import { leaveNote } from "./frame.ts";
import { fieldText, partBelow } from "./page_elements.ts";
import { fileRequest, type UploadShare, UploadStatus } from "./upload_form.ts";

const ARCHIVE = /\.(zip|tgz|tar\.gz)$/i;

/** Takes the page's dialog into service. */
export function startDeploys(): void {
  const dialog = partBelow(document, "dialog[data-deploy]", HTMLDialogElement);
  const form = partBelow(dialog, "form", HTMLFormElement);
  const file = partBelow(form, "input[name=file]", HTMLInputElement);
  const button = partBelow(form, "[type=submit]", HTMLButtonElement);
  const status = new UploadStatus(form);
  const app = form.dataset["app"] ?? "";
  let upload: XMLHttpRequest | null = null;
  for (const opener of document.querySelectorAll("button[data-dialog=deploy-dialog][hidden]")) {
    opener.removeAttribute("hidden");
  }

  file.addEventListener("change", suggestName);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = file.files?.[0];
    if (chosen !== undefined && upload === null) send(chosen);
  });
  dialog.addEventListener("close", () => {
    upload?.abort();
    upload = null;
    show(null, null);
  });
  receiveDrops("Drop the archive to deploy it", (dropped) => {
    file.files = dropped;
    suggestName();
    show(null, null);
    openDialog(dialog);
  });

  function suggestName(): void {
    const chosen = file.files?.[0];
    const name = form.elements.namedItem("name");
    if (chosen === undefined || !(name instanceof HTMLInputElement) || name.value !== "") return;
    name.value = chosen.name.toLowerCase().replace(ARCHIVE, "").replace(/[^a-z0-9-]+/g, "-").replace(/^-+|-+$/g, "")
      .slice(0, 63);
  }

  function send(chosen: File): void {
    if (!ARCHIVE.test(chosen.name)) return show(null, `"${chosen.name}" is no archive: choose a .zip or .tar.gz`);
    const fields = new FormData(form);
    const name = app || fieldText(fields, "name");
    const path = `/admin/apps/${encodeURIComponent(name)}/versions?${queryOf(app, fields)}`;
    const request = upload = fileRequest("POST", path, fieldText(fields, "csrf"));
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      show({ share: loaded / total, text: `${bytesText(loaded)} of ${bytesText(total)}` }, null);
    });
    request.upload.addEventListener("load", () => show({ share: null, text: "Unpacking and booting…" }, null));
    request.addEventListener("load", () => {
      upload = null;
      const answer: unknown = request.response;
      if (request.status !== 201) return show(null, problemText(answer, request.status));
      const { version } = answer as { version: string };
      leaveNote(`Deployed ${version} of ${name}`);
      location.assign(`/apps/${encodeURIComponent(name)}`);
    });
    request.addEventListener("error", () => {
      upload = null;
      show(null, "The connection was lost during the upload. Nothing was deployed; try again");
    });
    show({ share: 0, text: "Uploading…" }, null);
    request.send(chosen);
  }

  function show(progress: UploadShare | null, error: string | null): void {
    button.disabled = progress !== null;
    status.progress(progress);
    status.problem(error);
  }
}

/** @param app "" for a new one */
function queryOf(app: string, fields: FormData): URLSearchParams {
  const query = new URLSearchParams();
  if (app === "") {
    query.set("create", "1");
    for (const host of fieldText(fields, "hostname").split(/[\s,]+/)) if (host !== "") query.append("hostname", host);
  }
  const target = fieldText(fields, "target");
  if (target === "percent") query.set("percent", fieldText(fields, "percent"));
  if (target === "preview") query.set("preview", "1");
  const note = fieldText(fields, "note");
  if (note !== "") query.set("note", note);
  return query;
}

/** What a problem document says, each line once. */
function problemText(answer: unknown, status: number): string {
  if (typeof answer !== "object" || answer === null) return `NANO answered with status ${status}`;
  const { detail, errors } = answer as { readonly detail?: string; readonly errors?: readonly string[] };
  return [...new Set([detail, ...errors ?? []])].join("\n");
}
