/// <reference lib="dom" />
/** Opens dialogs, and holds back a removal until the app's name is typed. The browser traps and returns the focus. */

document.addEventListener("click", (event) => {
  const { target } = event;
  if (!(target instanceof Element)) return;
  const opener = target.closest("[data-dialog]");
  if (opener instanceof HTMLElement) {
    const dialog = document.getElementById(opener.dataset["dialog"] ?? "");
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    openDialog(dialog);
    return;
  }
  const dialog = target.closest("dialog");
  if (dialog === null) return;
  if (target.closest("[data-close]") !== null || (target === dialog && isOutside(dialog, event))) {
    event.preventDefault();
    dialog.close();
  }
});

document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLInputElement && target.dataset["mustEqual"] !== undefined) check(target);
});

/** Opens it with empty fields where a name has to be typed. */
export function openDialog(dialog: HTMLDialogElement): void {
  if (dialog.open) return;
  for (const input of dialog.querySelectorAll<HTMLInputElement>("input[data-must-equal]")) {
    input.value = "";
    check(input);
  }
  dialog.showModal();
}

function check(input: HTMLInputElement): void {
  const button = input.form?.querySelector("[type=submit]");
  if (button instanceof HTMLButtonElement) button.disabled = input.value.trim() !== input.dataset["mustEqual"];
}

/** A click on the backdrop has the dialog itself as its target, as one on its padding. */
function isOutside(dialog: HTMLDialogElement, { clientX, clientY, detail }: MouseEvent): boolean {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return detail > 0 && (clientX < left || clientX > right || clientY < top || clientY > bottom);
}
