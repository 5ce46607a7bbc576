/** Opens dialogs, and holds back a removal until the app's name is typed. The browser traps and returns the focus. */

document.addEventListener("click", (event) => {
  const { target } = event;
  if (!(target instanceof Element)) return;
  const opener = target.closest("[data-dialog]");
  if (opener instanceof HTMLElement) {
    const dialog = document.getElementById(opener.dataset.dialog ?? "");
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

document.addEventListener("input", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.dataset.mustEqual !== undefined) check(event.target);
});

/** @param {HTMLDialogElement} dialog */
export function openDialog(dialog) {
  if (dialog.open) return;
  for (const input of dialog.querySelectorAll("[data-must-equal]")) {
    if (!(input instanceof HTMLInputElement)) continue;
    input.value = "";
    check(input);
  }
  dialog.showModal();
}

/** @param {HTMLInputElement} input */
function check(input) {
  const button = input.form?.querySelector("[type=submit]");
  if (button instanceof HTMLButtonElement) button.disabled = input.value.trim() !== input.dataset.mustEqual;
}

/**
 * A click on the backdrop has the dialog itself as its target, as one on its padding.
 * @param {HTMLDialogElement} dialog
 * @param {MouseEvent} event
 */
function isOutside(dialog, { clientX, clientY, detail }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return detail > 0 && (clientX < left || clientX > right || clientY < top || clientY > bottom);
}
