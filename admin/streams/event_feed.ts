/** NANO's events as server-sent events. */
import type { EventHub, NanoEvent } from "../../runtime/mod.ts";
import { snakeCase } from "../gate/snake_case.ts";
import { sseText } from "./server_sent_events.ts";

/** Come by the thousand; only who asks for them gets them. */
const FREQUENT: ReadonlySet<string> = new Set<NanoEvent["event"]>(["request", "app_log", "binding_call"]);
/** What a slow follower may have waiting. */
const MAX_WAITING = 2_000;

/**
 * Every event from now on; `dropped` tells how many a slow follower has missed.
 * @param types only these; null is all but requests and lines of apps
 */
export async function* eventFeed(
  events: EventHub,
  types: ReadonlySet<string> | null,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let waiting: NanoEvent[] = [];
  let dropped = 0;
  let wake = () => {};
  const stopListening = events.listen((event) => {
    if (types === null ? FREQUENT.has(event.event) : !types.has(event.event)) return;
    if (waiting.length < MAX_WAITING) waiting.push(event);
    else dropped++;
    wake();
  });
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  try {
    while (!signal.aborted) {
      if (waiting.length === 0) {
        await new Promise<void>((resolve) => wake = resolve);
        continue;
      }
      const batch = waiting.map((event) => sseText(event.event, JSON.stringify(snakeCase(event)))).join("");
      const gap = dropped > 0 ? sseText("dropped", JSON.stringify({ dropped })) : "";
      waiting = [];
      dropped = 0;
      yield batch + gap;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    stopListening();
  }
}
