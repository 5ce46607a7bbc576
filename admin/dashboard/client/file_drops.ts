/// <reference lib="dom" />
/** Takes files that are dropped anywhere on the page. */

/** Shows where to drop them while they are dragged. @param invitation what is written there */
export function receiveDrops(invitation: string, onDrop: (files: FileList) => void): void {
  const target = document.createElement("div");
  target.className = "droptarget";
  target.textContent = invitation;
  target.hidden = true;
  document.body.append(target);
  let depth = 0;
  document.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth++;
    target.hidden = false;
  });
  document.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    target.hidden = depth === 0;
  });
  document.addEventListener("drop", (event) => {
    depth = 0;
    target.hidden = true;
    if (!hasFiles(event)) return;
    event.preventDefault();
    const files = event.dataTransfer?.files;
    if (files !== undefined && files.length > 0) onDrop(files);
  });
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true;
}
