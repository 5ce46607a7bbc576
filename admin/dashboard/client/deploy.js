/** Deploys an archive that is dropped anywhere on the page or chosen in the dialog, with the upload's progress. */
import { openDialog } from "./dialogs.js";
import { bytesText } from "./figures.js";
import { leaveNote } from "./frame.js";

const ARCHIVE = /\.(zip|tgz|tar\.gz)$/i;

const dialog = document.querySelector("dialog[data-deploy]");
if (dialog instanceof HTMLDialogElement) prepare(dialog);

/** @param {HTMLDialogElement} dialog */
function prepare(dialog) {
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const file = /** @type {HTMLInputElement} */ (form.elements.namedItem("file"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
  const app = form.dataset.app ?? "";
  /** @type {XMLHttpRequest | null} */
  let upload = null;
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
  receiveDrops((dropped) => {
    file.files = dropped;
    suggestName();
    show(null, null);
    openDialog(dialog);
  });

  function suggestName() {
    const chosen = file.files?.[0];
    const name = form.elements.namedItem("name");
    if (chosen === undefined || !(name instanceof HTMLInputElement) || name.value !== "") return;
    name.value = chosen.name.toLowerCase().replace(ARCHIVE, "").replace(/[^a-z0-9-]+/g, "-").replace(/^-+|-+$/g, "")
      .slice(0, 63);
  }

  /** @param {File} chosen */
  function send(chosen) {
    if (!ARCHIVE.test(chosen.name)) return show(null, `"${chosen.name}" is no archive: choose a .zip or .tar.gz`);
    const fields = new FormData(form);
    const name = app || text(fields, "name");
    const request = new XMLHttpRequest();
    upload = request;
    request.open("POST", `/admin/apps/${encodeURIComponent(name)}/versions?${queryOf(fields)}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("x-nano-csrf", text(fields, "csrf"));
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      show({ share: loaded / total, text: `${bytesText(loaded)} of ${bytesText(total)}` }, null);
    });
    request.upload.addEventListener("load", () => show({ share: null, text: "Unpacking and booting…" }, null));
    request.addEventListener("load", () => {
      upload = null;
      if (request.status === 201) {
        leaveNote(`Deployed ${request.response.version} of ${name}`);
        location.assign(`/apps/${encodeURIComponent(name)}`);
      } else show(null, problemText(request.response, request.status));
    });
    request.addEventListener("error", () => {
      upload = null;
      show(null, "The connection was lost during the upload. Nothing was deployed; try again");
    });
    show({ share: 0, text: "Uploading…" }, null);
    request.send(chosen);
  }

  /** @param {FormData} fields */
  function queryOf(fields) {
    const query = new URLSearchParams();
    if (app === "") {
      query.set("create", "1");
      for (const host of text(fields, "hostname").split(/[\s,]+/)) if (host !== "") query.append("hostname", host);
    }
    if (text(fields, "target") === "percent") query.set("percent", text(fields, "percent"));
    if (text(fields, "target") === "preview") query.set("preview", "1");
    if (text(fields, "note") !== "") query.set("note", text(fields, "note"));
    return query;
  }

  /**
   * @param {{ share: number | null, text: string } | null} progress
   * @param {string | null} error
   */
  function show(progress, error) {
    const place = /** @type {HTMLElement} */ (form.querySelector("[data-progress]"));
    const bar = /** @type {HTMLProgressElement} */ (place.querySelector("progress"));
    const problem = /** @type {HTMLElement} */ (form.querySelector("[data-error]"));
    place.hidden = progress === null;
    button.disabled = progress !== null;
    if (progress !== null) {
      if (progress.share === null) bar.removeAttribute("value");
      else bar.value = progress.share;
      const status = place.querySelector("[data-progress-text]");
      if (status !== null) status.textContent = progress.text;
    }
    problem.hidden = error === null;
    const words = problem.firstElementChild;
    if (words !== null) words.textContent = error ?? "";
  }
}

/** @param {(files: FileList) => void} onDrop */
function receiveDrops(onDrop) {
  const target = document.createElement("div");
  target.className = "droptarget";
  target.textContent = "Drop the archive to deploy it";
  target.hidden = true;
  document.body.append(target);
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth++;
    target.hidden = false;
  });
  addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    target.hidden = depth === 0;
  });
  addEventListener("drop", (event) => {
    depth = 0;
    target.hidden = true;
    if (!hasFiles(event)) return;
    event.preventDefault();
    const files = event.dataTransfer?.files;
    if (files !== undefined && files.length > 0) onDrop(files);
  });
}

/** @param {DragEvent} event */
function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes("Files") === true;
}

/**
 * @param {any} problem
 * @param {number} status
 */
function problemText(problem, status) {
  if (problem === null || typeof problem !== "object") return `NANO answered with status ${status}`;
  return [problem.detail, ...problem.errors ?? []].filter((line, at, all) => all.indexOf(line) === at).join("\n");
}

/**
 * @param {FormData} fields
 * @param {string} name
 */
function text(fields, name) {
  const value = fields.get(name);
  return typeof value === "string" ? value.trim() : "";
}
