/** An app's life as a pure state machine: which event moves which state where. */
import type { NanoError } from "../errors.ts";

/** Why an isolate ended; a closed list, used in logs, metrics and the API. */
export type ExitReason =
  | "drained"
  | "parked"
  | "drain_timeout"
  | "boot_failed"
  | "boot_timeout"
  | "isolate_timeout"
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

/** Where an app is in its life: what the state machine moves. */
export type AppPhase = AppState<unknown>["name"];

/**
 * Name of a state, as the API and the metrics show it: the phase, what is truer of an app that keeps dying, or what keeps it
 * out of all of them.
 */
export type AppStateName =
  | "idle"
  | "starting"
  | "running"
  | "backoff"
  | "crash_loop"
  | "failed"
  | "quarantined"
  | "draining"
  | "stopped";

/** Every state's name, in the order of a healthy life. */
export const APP_STATE_NAMES = [
  "idle",
  "starting",
  "running",
  "backoff",
  "crash_loop",
  "failed",
  "quarantined",
  "draining",
  "stopped",
] as const satisfies readonly AppStateName[];

/** Deaths in a row from which on an app is in a crash loop: one may be a bad request, two may be chance. */
const CRASH_LOOP_DEATHS = 3;

/**
 * What is shown of an app: one that keeps dying neither runs nor starts nor waits, whatever it happens to do right now.
 * @param crashes deaths in a row; 0 once it has been healthy again
 */
export function shownState(phase: AppPhase, crashes: number): AppStateName {
  switch (phase) {
    case "starting":
    case "running":
    case "backoff":
      return crashes >= CRASH_LOOP_DEATHS ? "crash_loop" : phase;
    case "idle":
    case "failed":
    case "draining":
    case "stopped":
      return phase;
  }
}

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
