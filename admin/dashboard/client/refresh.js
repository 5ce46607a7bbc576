/** Fetches the page again and puts parts of it in the place of the old ones: the server alone writes HTML. */

const PAUSE_MS = 1000;

/** @type {Set<string>} */
const wanted = new Set();
/** @type {(() => void)[]} */
const listeners = [];
let busy = false;

/**
 * Replaces the children of the elements with these ids, soon; calls while it is under way are gathered into one.
 * @param {readonly string[]} ids
 */
export function refreshRegions(ids) {
  for (const id of ids) wanted.add(id);
  if (!busy) run();
}

/** @param {() => void} listener called after parts were replaced */
export function onRefresh(listener) {
  listeners.push(listener);
}

async function run() {
  busy = true;
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
  busy = false;
}

/**
 * @param {readonly string[]} ids
 * @param {string} html
 */
function replace(ids, html) {
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

/** @param {Element} root */
function focusable(root) {
  return [...root.querySelectorAll("a[href], button, input, select, [tabindex]")];
}
