/** Opens the page's streams and shows their state: the dot in the top bar, the banner when the connection is lost. */
import { EventStream } from "./event_stream.js";

/** A restart of NANO is over sooner; a banner that flashes tells nobody anything. */
const BANNER_AFTER_MS = 1500;

/** @type {Map<EventStream, { state: string, retryAt: number | null, since: number }>} */
const streams = new Map();
let wasLost = false;

/**
 * @param {string} url
 * @param {(event: string, data: any) => void} onEvent
 * @param {(state: string) => void} [onState]
 */
export function openStream(url, onEvent, onState = () => {}) {
  /** @type {EventStream} */
  const stream = new EventStream(url, {
    onEvent,
    onState(state, retryAt) {
      // Called while the constructor runs, too
      queueMicrotask(() => {
        const before = streams.get(stream);
        streams.set(stream, { state, retryAt, since: before?.state === state ? before.since : Date.now() });
        onState(state);
        show();
      });
    },
  });
  setInterval(show, 1000);
  return stream;
}

function show() {
  const states = [...streams.values()];
  const isSignedOut = states.some(({ state }) => state === "signed-out");
  const lost = states.filter(({ state }) => state === "lost");
  showDot(
    isSignedOut ? "lost" : lost.length > 0 ? "lost" : states.every(({ state }) => state === "live") ? "live" : "",
  );
  const banner = document.getElementById("banner");
  if (banner === null) return;
  if (isSignedOut) {
    const link = document.createElement("a");
    link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = "Sign in again";
    return fill(banner, "signed-out", "Your session has ended. ", link);
  }
  if (lost.some(({ since }) => Date.now() - since >= BANNER_AFTER_MS)) {
    wasLost = true;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Try now";
    button.addEventListener("click", () => {
      for (const stream of streams.keys()) stream.retryNow();
    });
    return fill(banner, "lost", "The connection to NANO is lost; figures are old. Trying again. ", button);
  }
  if (lost.length > 0) return;
  banner.hidden = true;
  banner.dataset.kind = "";
  if (wasLost && states.every(({ state }) => state === "live")) {
    wasLost = false;
    announce("Connected again");
  }
}

/** @param {string} state */
function showDot(state) {
  const dot = document.getElementById("live");
  if (dot === null || dot.dataset.state === state && !dot.hidden) return;
  dot.hidden = false;
  dot.dataset.state = state;
  dot.textContent = state === "live" ? "Live" : state === "lost" ? "Offline" : "Connecting";
}

/**
 * @param {HTMLElement} banner
 * @param {string} kind
 * @param {...(string | Node)} content
 */
function fill(banner, kind, ...content) {
  // An alert that is written again would be read out again
  if (banner.dataset.kind === kind) return;
  banner.dataset.kind = kind;
  banner.replaceChildren(...content);
  banner.hidden = false;
}

/**
 * Tells a screen reader.
 * @param {string} text
 */
export function announce(text) {
  const status = document.getElementById("announce");
  if (status !== null) status.textContent = text;
}
