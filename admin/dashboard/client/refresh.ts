/// <reference lib="dom" />
/** Fetches the page again and puts parts of it in the place of the old ones, for parts that only the server draws. */

const PAUSE_MS = 1000;

const wanted = new Set<string>();
const listeners: (() => void)[] = [];
let isBusy = false;

/** Replaces the children of the elements with these ids, soon; calls while it is under way are gathered into one. */
export function refreshRegions(ids: readonly string[]): void {
  for (const id of ids) wanted.add(id);
  if (!isBusy) void run();
}

/** @param listener called after parts were replaced */
export function onRefresh(listener: () => void): void {
  listeners.push(listener);
}

async function run(): Promise<void> {
  isBusy = true;
  while (wanted.size > 0) {
    const ids = [...wanted];
    wanted.clear();
    try {
      const response = await fetch(location.pathname + location.search, {
        headers: { accept: "text/html" },
        cache: "no-store",
      });
      if (response.ok && !response.redirected) replace(ids, await response.text());
    } catch {
      // The stream of figures tells that the connection is lost, and the next change asks again.
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  isBusy = false;
}

function replace(ids: readonly string[], html: string): void {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const id of ids) {
    const old = document.getElementById(id);
    const next = fresh.getElementById(id);
    if (old === null || next === null) continue;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    // Somebody types or is about to press: a part that changes under the hand is worse than an old one.
    if (focused instanceof HTMLInputElement) continue;
    const place = focused === null ? -1 : focusable(old).indexOf(focused);
    old.replaceChildren(...next.childNodes);
    const again = place === -1 ? undefined : focusable(old)[place];
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }
  for (const listener of listeners) listener();
}

function focusable(root: Element): Element[] {
  return [...root.querySelectorAll("a[href], button, input, select, [tabindex]")];
}
