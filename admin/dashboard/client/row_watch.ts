/// <reference lib="dom" />
/** Knows which rows of the overview are on the screen: 500 apps must cost as much as 20. */

/** Rows this near to the screen count as on it, so that scrolling meets drawn ones. */
const MARGIN = "200px 0px";

/** Watches the rows of one table. */
export class RowWatch {
  readonly #visible = new Set<string>();
  readonly #watched = new WeakSet<Element>();
  readonly #observer: IntersectionObserver;

  /** @param onVisible names of apps that have come onto the screen */
  constructor(onVisible: (names: readonly string[]) => void) {
    this.#observer = new IntersectionObserver((entries) => {
      const come: string[] = [];
      for (const { target, isIntersecting } of entries) {
        const name = nameOf(target);
        if (!isIntersecting) this.#visible.delete(name);
        // A row that was taken away is told of as well, maybe after its successor
        else if (target.isConnected) {
          this.#visible.add(name);
          come.push(name);
        }
      }
      if (come.length > 0) onVisible(come);
    }, { rootMargin: MARGIN });
  }

  isVisible(name: string): boolean {
    return this.#visible.has(name);
  }

  /** Looks for rows that are new since the last call. */
  watch(table: ParentNode): void {
    for (const row of table.querySelectorAll("tr[data-app]")) {
      if (this.#watched.has(row)) continue;
      this.#watched.add(row);
      this.#observer.observe(row);
    }
  }
}

function nameOf(row: Element): string {
  return row instanceof HTMLElement ? row.dataset["app"] ?? "" : "";
}
