/// <reference lib="dom" />
/** What every page does: notes, buttons that work, the search key, dialogs. */
import { announce } from "./connection.tsx";
import "./dialogs.ts";

const NOTE_KEY = "nano-note";

// The note has been shown: a reload of the page should not look for it again.
const address = new URL(location.href);
if (address.searchParams.has("note")) {
  address.searchParams.delete("note");
  history.replaceState(null, "", address);
}

const left = sessionStorage.getItem(NOTE_KEY);
if (left !== null) {
  sessionStorage.removeItem(NOTE_KEY);
  const note = document.createElement("div");
  note.className = "note good";
  note.setAttribute("role", "status");
  note.textContent = left;
  document.getElementById("main")?.prepend(note);
}

/** Shows a note on the page that is loaded next. */
export function leaveNote(text: string): void {
  sessionStorage.setItem(NOTE_KEY, text);
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
  if (form.dataset["busy"] === "true") return event.preventDefault();
  if (!(button instanceof HTMLButtonElement)) return;
  const { busy } = button.dataset;
  if (busy === undefined) return;
  form.dataset["busy"] = "true";
  button.setAttribute("aria-disabled", "true");
  button.textContent = busy;
  announce(busy);
});

document.addEventListener("keydown", ({ key, ctrlKey, metaKey, target }) => {
  if (key !== "Enter" || !(ctrlKey || metaKey) || !(target instanceof HTMLTextAreaElement)) return;
  target.form?.requestSubmit(target.form.querySelector<HTMLButtonElement>("button[type=submit]"));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  const { target } = event;
  if (target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("input[type=search]");
  if (!(search instanceof HTMLInputElement) || search.closest("[hidden]") !== null) return;
  event.preventDefault();
  search.focus();
  search.select();
});
