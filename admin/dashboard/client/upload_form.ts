/// <reference lib="dom" />
/** What the forms of uploads have in common: their progress, their error, and the request that tells of itself. */
import { partBelow } from "./page_elements.ts";

/** How far it is; without a share it cannot be told. */
export interface UploadShare {
  readonly share: number | null;
  readonly text: string;
}

/** The parts of a form that views/upload_progress.tsx made. */
export class UploadStatus {
  readonly #place: HTMLElement;
  readonly #bar: HTMLProgressElement;
  readonly #text: HTMLElement;
  readonly #problem: HTMLElement;

  constructor(form: HTMLFormElement) {
    this.#place = partBelow(form, "[data-progress]", HTMLElement);
    this.#bar = partBelow(this.#place, "progress", HTMLProgressElement);
    this.#text = partBelow(this.#place, "[data-progress-text]", HTMLElement);
    this.#problem = partBelow(form, "[data-error]", HTMLElement);
  }

  /** Shows how far it is; null hides it. */
  progress(progress: UploadShare | null): void {
    this.#place.hidden = progress === null;
    if (progress === null) return;
    if (progress.share === null) this.#bar.removeAttribute("value");
    else this.#bar.value = progress.share;
    this.#text.textContent = progress.text;
  }

  /** Shows why it failed; null hides it. */
  problem(text: string | null): void {
    this.#problem.hidden = text === null;
    if (this.#problem.firstElementChild !== null) this.#problem.firstElementChild.textContent = text ?? "";
  }
}

/** A request of the admin API that is about to carry a file: `fetch` tells no progress. */
export function fileRequest(method: "POST" | "PUT", path: string, csrf: string): XMLHttpRequest {
  const request = new XMLHttpRequest();
  request.open(method, path);
  request.setRequestHeader("content-type", "application/octet-stream");
  request.setRequestHeader("x-nano-csrf", csrf);
  request.responseType = "json";
  return request;
}
