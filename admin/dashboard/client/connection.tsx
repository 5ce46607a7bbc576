/// <reference lib="dom" />
/** Opens the page's streams and shows their state: the dot in the top bar, the banner when the connection is lost. */
import type { Child } from "hono/jsx";
import { render } from "hono/jsx/dom";
import { EventStream, type StreamState } from "./event_stream.ts";

/** A restart of NANO is over sooner; a banner that flashes tells nobody anything. */
const BANNER_AFTER_MS = 1500;
const SHOW_EVERY_MS = 1000;

const streams = new Map<EventStream, { readonly state: StreamState; readonly since: number }>();
let wasLost = false;

/** Opens a stream of the admin API. */
export function openStream(url: string, onEvent: (event: string, data: unknown) => void): EventStream {
  const stream: EventStream = new EventStream(url, {
    onEvent,
    onState(state) {
      // Called while the constructor runs, too
      queueMicrotask(() => {
        const before = streams.get(stream);
        streams.set(stream, { state, since: before?.state === state ? before.since : Date.now() });
        show();
      });
    },
  });
  if (streams.size === 0) setInterval(show, SHOW_EVERY_MS);
  streams.set(stream, { state: "connecting", since: Date.now() });
  return stream;
}

/** Tells a screen reader. */
export function announce(text: string): void {
  const status = document.getElementById("announce");
  if (status !== null) status.textContent = text;
}

function show(): void {
  const states = [...streams.values()];
  const isSignedOut = states.some(({ state }) => state === "signed-out");
  const lost = states.filter(({ state }) => state === "lost");
  const isLive = states.every(({ state }) => state === "live");
  showDot(isSignedOut || lost.length > 0 ? "lost" : isLive ? "live" : "connecting");
  const banner = document.getElementById("banner");
  if (banner === null) return;
  if (isSignedOut) return fill(banner, "signed-out", <SignedOut />);
  if (lost.some(({ since }) => Date.now() - since >= BANNER_AFTER_MS)) {
    wasLost = true;
    return fill(banner, "lost", <Lost />);
  }
  if (lost.length > 0) return;
  banner.hidden = true;
  banner.dataset["kind"] = "";
  if (wasLost && isLive) {
    wasLost = false;
    announce("Connected again");
  }
}

function SignedOut() {
  const next = encodeURIComponent(location.pathname + location.search);
  return (
    <>
      Your session has ended. <a href={`/login?next=${next}`}>Sign in again</a>
    </>
  );
}

function Lost() {
  const retry = () => {
    for (const stream of streams.keys()) stream.retryNow();
  };
  return (
    <>
      The connection to NANO is lost; figures are old. Trying again.{" "}
      <button type="button" onClick={retry}>Try now</button>
    </>
  );
}

function showDot(state: "live" | "lost" | "connecting"): void {
  const dot = document.getElementById("live");
  if (dot === null || dot.dataset["state"] === state && !dot.hidden) return;
  dot.hidden = false;
  dot.dataset["state"] = state;
  dot.textContent = state === "live" ? "Live" : state === "lost" ? "Offline" : "Connecting";
}

function fill(banner: HTMLElement, kind: string, content: Child): void {
  // An alert that is written again would be read out again
  if (banner.dataset["kind"] === kind) return;
  banner.dataset["kind"] = kind;
  render(content, banner);
  banner.hidden = false;
}
