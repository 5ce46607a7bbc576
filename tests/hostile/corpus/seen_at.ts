/** What a client sees of an attack, by the place where it happens. */
import type { Place } from "./app_source.ts";

/** The codes with which an isolate ends, and the reasons that the log gives. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  "503 APP_OUT_OF_MEMORY": ["out_of_memory"],
  "504 APP_UNRESPONSIVE": ["unresponsive"],
  // The second where an app has replaced what Deno itself calls outside of any promise
  "502 APP_TERMINATED": ["terminated", "uncaught_error"],
};

/** Whether such an answer means that the isolate has ended. */
export function isEnd(sight: string): boolean {
  return Object.hasOwn(REASONS, sight);
}

/** The reasons of `app_exit` that such answers stand for. */
export function reasonsOf(sees: readonly string[]): string[] {
  return sees.filter(isEnd).flatMap((sight) => REASONS[sight]!);
}

/** What the client sees at a place when a client of the handler sees this. */
export function seenAt(place: Place, sight: string): string {
  switch (place) {
    case "handler":
    case "timer":
    case "microtask":
    case "drain":
      return sight;
    case "top level":
      if (isEnd(sight)) return "503 APP_UNAVAILABLE";
      return sight === "500 APP_EXCEPTION" ? "503 APP_FAILED" : sight;
    case "stream":
      return sight === "200" ? sight : "200 cut";
    case "after the response":
      return "200";
  }
}
