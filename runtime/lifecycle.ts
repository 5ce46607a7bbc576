/** An app's life as a pure state machine: which event moves which state where. */
import type { NanoError } from "./errors.ts";

/** Why an isolate ended; a closed list, used in logs, metrics and the API. */
export type ExitReason =
  | "drained"
  | "parked"
  | "drain_timeout"
  | "boot_failed"
  | "boot_timeout"
  | "out_of_memory"
  | "unresponsive"
  | "uncaught_error"
  | "terminated";

/** The state of one app; `W` is the isolate it holds. Times are milliseconds of the caller's clock. */
export type AppState<W> =
  | { readonly name: "idle" }
  | { readonly name: "starting"; readonly worker: W; readonly attempt: number }
  | { readonly name: "running"; readonly worker: W }
  | { readonly name: "backoff"; readonly retryAt: number; readonly attempt: number; readonly lastExit: ExitReason }
  | { readonly name: "failed"; readonly error: NanoError }
  | { readonly name: "draining"; readonly worker: W; readonly deadline: number }
  | { readonly name: "stopped"; readonly reason: ExitReason };

/** Name of a state, as the API and the metrics show it. */
export type AppStateName = "idle" | "starting" | "running" | "backoff" | "failed" | "draining" | "stopped";

/** Every state's name, in the order of a healthy life. */
export const APP_STATE_NAMES = [
  "idle",
  "starting",
  "running",
  "backoff",
  "failed",
  "draining",
  "stopped",
] as const satisfies readonly AppStateName[];

/** What can happen to an app. `exit` names the isolate that ended, so that a late exit of an old one is dropped. */
export type AppEvent<W> =
  | { readonly name: "start"; readonly worker: W; readonly attempt: number }
  | { readonly name: "ready"; readonly worker: W }
  | { readonly name: "exit"; readonly worker: W; readonly reason: ExitReason; readonly next: AfterExit }
  | { readonly name: "park" }
  | { readonly name: "stop"; readonly deadline: number; readonly reason: ExitReason };

/** Where an exit leads: to another attempt at a time, or to a failure that only a new version mends. */
export type AfterExit =
  | { readonly retryAt: number; readonly attempt: number }
  | { readonly error: NanoError };

/**
 * The state that follows.
 *
 * @returns the next state, or the same object when the event means nothing in this state
 */
export function nextAppState<W>(state: AppState<W>, event: AppEvent<W>): AppState<W> {
  switch (event.name) {
    case "start":
      if (state.name !== "idle" && state.name !== "backoff" && state.name !== "failed") return state;
      return { name: "starting", worker: event.worker, attempt: event.attempt };
    case "ready":
      if (state.name !== "starting" || state.worker !== event.worker) return state;
      return { name: "running", worker: event.worker };
    case "park":
      return state.name === "running" ? { name: "idle" } : state;
    case "stop":
      if (state.name === "stopped" || state.name === "draining") return state;
      if (state.name === "starting" || state.name === "running") {
        return { name: "draining", worker: state.worker, deadline: event.deadline };
      }
      return { name: "stopped", reason: event.reason };
    case "exit":
      if (!("worker" in state) || state.worker !== event.worker) return state;
      if (state.name === "draining") return { name: "stopped", reason: event.reason };
      if ("error" in event.next) return { name: "failed", error: event.next.error };
      return {
        name: "backoff",
        retryAt: event.next.retryAt,
        attempt: event.next.attempt,
        lastExit: event.reason,
      };
  }
}
