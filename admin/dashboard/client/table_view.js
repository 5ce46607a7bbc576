/** Filters and sorts the rows of the overview in place, and writes it into the address. */
import { ATTENTION_STATES, METRICS } from "./metrics.js";

const collator = new Intl.Collator("en", { numeric: true });

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {HTMLElement} element
 * @property {string} state
 * @property {Record<string, any> | null} tick
 */

/** The search field, the choice of states and the headers. */
export class TableView {
  #search = inputOf("search");
  #state = /** @type {HTMLSelectElement} */ (document.getElementById("state"));
  #sort = new URLSearchParams(location.search).get("sort") ?? "";
  /** @type {() => void} */
  #onChange;

  /** @param {() => void} onChange somebody wants other rows or another order */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#search.addEventListener("input", () => this.#changed());
    this.#state.addEventListener("change", () => this.#changed());
    this.#search.form?.addEventListener("submit", (event) => event.preventDefault());
    this.#search.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.#search.value === "") return;
      event.preventDefault();
      this.#search.value = "";
      this.#changed();
    });
    document.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest("a[data-sort]") : null;
      if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const first = link.dataset.sort ?? "";
      this.#sort = this.#sort === first ? opposite(first) : first;
      this.#changed();
    });
  }

  /** Whether live figures can change the order or the choice. */
  get isLive() {
    return this.#sort.replace(/^-/, "") !== "name" || this.#state.value !== "";
  }

  /**
   * @param {readonly Row[]} rows
   * @param {HTMLElement} body
   */
  apply(rows, body) {
    const shown = rows.filter((row) => this.#matches(row));
    const visible = new Set(shown);
    for (const row of rows) {
      const isHidden = !visible.has(row);
      if (row.element.hidden !== isHidden) row.element.hidden = isHidden;
    }
    const order = shown.sort((one, other) => this.#compare(one, other)).map(({ element }) => element);
    const present = [...body.children].filter((child) => child instanceof HTMLElement && !child.hidden);
    if (order.some((element, at) => element !== present[at])) body.prepend(...order);
    const empty = body.querySelector("[data-empty]");
    if (empty instanceof HTMLElement) empty.hidden = order.length > 0;
    this.#tell(order.length, rows.length);
  }

  #changed() {
    const query = new URLSearchParams();
    if (this.#search.value !== "") query.set("q", this.#search.value);
    if (this.#state.value !== "") query.set("state", this.#state.value);
    if (this.#sort !== "") query.set("sort", this.#sort);
    history.replaceState(null, "", `/${query.size > 0 ? `?${query}` : ""}`);
    this.#onChange();
  }

  /** @param {Row} row */
  #matches({ element, state }) {
    const wanted = this.#state.value;
    if (wanted !== "" && state !== wanted && !(wanted === "attention" && ATTENTION_STATES.includes(state))) {
      return false;
    }
    return (element.dataset.search ?? "").includes(this.#search.value.trim().toLowerCase());
  }

  /**
   * @param {Row} one
   * @param {Row} other
   */
  #compare(one, other) {
    const key = this.#sort.replace(/^-/, "");
    const turn = this.#sort.startsWith("-") ? -1 : 1;
    const byName = collator.compare(one.name, other.name);
    if (key === "name") return turn * byName;
    if (METRICS.some((metric) => metric.key === key)) {
      return turn * ((one.tick?.[key] ?? -1) - (other.tick?.[key] ?? -1)) || byName;
    }
    return turn * (rank(one.state) - rank(other.state) || one.state.localeCompare(other.state)) || byName;
  }

  /**
   * @param {number} shown
   * @param {number} total
   */
  #tell(shown, total) {
    const count = document.getElementById("count");
    const text = shown === total ? `${total} apps` : `${shown} of ${total} apps`;
    if (count !== null && count.textContent !== text) count.textContent = text;
    const key = this.#sort.replace(/^-/, "");
    for (const header of document.querySelectorAll(".apps th[data-key]")) {
      if (!(header instanceof HTMLElement)) continue;
      if (header.dataset.key !== key) header.removeAttribute("aria-sort");
      else header.setAttribute("aria-sort", this.#sort.startsWith("-") ? "descending" : "ascending");
    }
  }
}

/** @param {string} state */
function rank(state) {
  const at = ATTENTION_STATES.indexOf(state);
  return at === -1 ? ATTENTION_STATES.length : at;
}

/** @param {string} sort */
function opposite(sort) {
  return sort.startsWith("-") ? sort.slice(1) : `-${sort}`;
}

/** @param {string} id */
function inputOf(id) {
  return /** @type {HTMLInputElement} */ (document.getElementById(id));
}
