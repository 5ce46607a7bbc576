/// <reference lib="dom" />
/** A list of lines that grows at its end: bounded, drawn once a frame, paused when somebody reads. */
import type { Child } from "hono/jsx";
import { render } from "hono/jsx/dom";
import { GapRow } from "../views/log_row.tsx";

/** More lines make scrolling slow and nobody reads them. */
const MAX_LINES = 1000;

/** The list; `rowOf` makes the row of one line. */
export class LineList<Line> {
  readonly #list: HTMLElement;
  readonly #rowOf: (line: Line) => Child;
  #waiting: Line[] = [];
  #skipped = 0;
  #frame = 0;
  #isPaused = false;
  /** Whether new lines scroll into sight. */
  followsEnd = true;

  constructor(list: HTMLElement, rowOf: (line: Line) => Child) {
    this.#list = list;
    this.#rowOf = rowOf;
  }

  /** Lines that came while it was paused. */
  get waiting(): number {
    return this.#waiting.length + this.#skipped;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused;
    this.#drawSoon();
  }

  /** Takes one more line; of those that wait the oldest go. */
  add(line: Line): void {
    this.#waiting.push(line);
    if (this.#waiting.length > MAX_LINES) {
      this.#waiting.shift();
      this.#skipped++;
    }
    this.#drawSoon();
  }

  /** Takes all lines away. @param empty stands in for them */
  clear(empty?: Child): void {
    this.#waiting = [];
    this.#skipped = 0;
    this.#list.replaceChildren(fragmentOf(empty));
  }

  #drawSoon(): void {
    if (!this.#isPaused && this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    if (this.#isPaused || this.waiting === 0) return;
    const rows = this.#waiting.map(this.#rowOf);
    if (this.#skipped > 0) rows.unshift(<GapRow text={`${this.#skipped} lines are not shown`} />);
    this.#waiting = [];
    this.#skipped = 0;
    this.#list.querySelector("[data-empty]")?.remove();
    // Rows never change: each is drawn once and then only the list's
    this.#list.append(fragmentOf(rows));
    while (this.#list.childElementCount > MAX_LINES) this.#list.firstElementChild?.remove();
    if (this.followsEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function fragmentOf(content: Child): DocumentFragment {
  const fragment = document.createDocumentFragment();
  render(content, fragment);
  return fragment;
}
