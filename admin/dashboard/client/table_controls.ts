/// <reference lib="dom" />
/** The search field, the choice of states and the headers of the overview: which apps it shows, in which order. */
import type { ListQuery } from "../views/app_row.ts";
import { elementOf } from "./page_elements.ts";

/** What somebody asks for; it stands in the address, too. */
export class TableControls {
  readonly #search = elementOf("search", HTMLInputElement);
  readonly #state = elementOf("state", HTMLSelectElement);
  #sort = new URLSearchParams(location.search).get("sort") ?? "";
  readonly #onChange: () => void;

  /** @param onChange somebody wants other rows or another order */
  constructor(onChange: () => void) {
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
      this.#sort = link.dataset["sort"] ?? "";
      this.#changed();
    });
  }

  get query(): ListQuery {
    return { q: this.#search.value, state: this.#state.value, sort: this.#sort };
  }

  /** Whether live figures can change the order or the choice. */
  get isLive(): boolean {
    return this.#sort.replace(/^-/, "") !== "name" || this.#state.value !== "";
  }

  #changed(): void {
    const wanted = Object.entries(this.query).filter(([, value]) => value !== "");
    history.replaceState(null, "", wanted.length > 0 ? `/?${new URLSearchParams(wanted)}` : "/");
    this.#onChange();
  }
}
