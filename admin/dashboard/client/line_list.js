/** A list of lines that grows at its end: bounded, drawn once a frame, paused when somebody reads. */

/** More lines make scrolling slow and nobody reads them. */
const MAX_LINES = 1000;

/** The list; `create` makes the element of one line. */
export class LineList {
  /** @type {HTMLElement} */
  #list;
  /** @type {(line: any) => HTMLElement} */
  #create;
  /** @type {any[]} */
  #waiting = [];
  #skipped = 0;
  #frame = 0;
  isPaused = false;
  followsEnd = true;

  /**
   * @param {HTMLElement} list
   * @param {(line: any) => HTMLElement} create
   */
  constructor(list, create) {
    this.#list = list;
    this.#create = create;
  }

  /** Lines that came while it was paused. */
  get waiting() {
    return this.#waiting.length + this.#skipped;
  }

  /** @param {any} line */
  add(line) {
    this.#waiting.push(line);
    if (this.#waiting.length > MAX_LINES) {
      this.#waiting.shift();
      this.#skipped++;
    }
    if (!this.isPaused && this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  resume() {
    this.isPaused = false;
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  clear() {
    this.#waiting = [];
    this.#skipped = 0;
    this.#list.replaceChildren();
  }

  #draw() {
    this.#frame = 0;
    if (this.isPaused) return;
    const fragment = document.createDocumentFragment();
    if (this.#skipped > 0) fragment.append(gapLine(`${this.#skipped} lines are not shown`));
    for (const line of this.#waiting) fragment.append(this.#create(line));
    this.#waiting = [];
    this.#skipped = 0;
    this.#list.querySelector("[data-empty]")?.remove();
    this.#list.append(fragment);
    while (this.#list.childElementCount > MAX_LINES) this.#list.firstElementChild?.remove();
    if (this.followsEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

/** @param {string} text */
export function gapLine(text) {
  const line = document.createElement("li");
  line.className = "gap";
  line.textContent = text;
  return line;
}

/**
 * @param {string} className
 * @param {string} text always as text, never as markup
 */
export function part(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}
