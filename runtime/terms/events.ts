/** What happens in NANO, told as events; metrics, logs and the dashboard listen. */
import type { AppStateName, ExitReason } from "./lifecycle.ts";
import type { RequestEnd } from "./request_end.ts";

export type { AppSnapshot, KeptFiles } from "./app_view.ts";

/** Outcome of a configuration reload, app names only. */
export interface ReloadSummary {
  /** Apps that are new. */
  readonly added: readonly string[];
  /** Apps that are gone. */
  readonly removed: readonly string[];
  /** Apps whose configuration or code is another. */
  readonly changed: readonly string[];
  /** Apps that kept their isolate. */
  readonly unchanged: readonly string[];
}

/** One finished request; the only event on the hot path, so it is one flat object. */
export interface RequestEvent {
  /** Discriminates the union. */
  readonly event: "request";
  /** The app, or null when no app claimed the host. */
  readonly app: string | null;
  /** As the client sent it. */
  readonly method: string;
  /** Without the query, which may carry secrets. */
  readonly path: string;
  /** What the client got; 499 when it went away before any head. */
  readonly status: number;
  /** Body bytes sent to the client. */
  readonly bytes: number;
  /** From the arrival of the head to the end of the answer. */
  readonly durationMs: number;
  /** As in the header x-request-id. */
  readonly requestId: string;
  /** Code of NANO's own answer, or null when the app answered. */
  readonly code: string | null;
  /** How it ended; a response that is cut after its head is never `done`. */
  readonly end: RequestEnd;
}

/** A console level of an app, or `error` for an exception. */
export type AppLogLevel = "debug" | "info" | "warn" | "error";

/** Whether an app wrote a line itself, or failed: its handler, its stream, or code that nobody awaits. */
export type AppLogKind = "console" | "exception";

/** A line of an app. */
export interface AppLogEvent {
  /** Discriminates the union. */
  readonly event: "app_log";
  /** The app. */
  readonly app: string;
  /** `error` for an exception. */
  readonly level: AppLogLevel;
  /** Of an exception its stack, in the app's own files and lines. */
  readonly text: string;
  /** What the line is. */
  readonly kind: AppLogKind;
}

/** Which job an event is about. */
export interface CronId {
  /** The app. */
  readonly app: string;
  /** The cron expression. */
  readonly cron: string;
  /** Unique in its app; the expression unless it was given one. */
  readonly name: string;
}

/** A run of a job has ended. */
export interface CronDoneEvent extends CronId {
  /** Discriminates the union. */
  readonly event: "cron_done";
  /** From when it was due, waiting for the app included. */
  readonly durationMs: number;
  /** Whether neither the handler nor its `waitUntil` work failed. */
  readonly ok: boolean;
  /** What went wrong. */
  readonly error?: string;
}

/** An operator asked for a change; the log's audit line. */
export interface OperatorChangeEvent {
  /** Discriminates the union. */
  readonly event: "operator_change";
  /** What was asked, as `app.add`; see `CHANGE_ACTIONS`. */
  readonly action: string;
  /** Null for what concerns all. */
  readonly app: string | null;
  /** Who asked. */
  readonly actor: string;
  /** One sentence; values of variables are never in it. */
  readonly detail: string;
  /** Null when it was done, else why not. */
  readonly error: string | null;
}

/** What a call of a binding came to, or a TCP connection that an app asked for. */
export type BindingOutcome = "ok" | "refused" | "failed" | "given_up";

/** A call of an app's binding has ended; as frequent as requests. */
export interface BindingCallEvent {
  /** Discriminates the union. */
  readonly event: "binding_call";
  /** The app. */
  readonly app: string;
  /** Its name in `env`. */
  readonly binding: string;
  /** The method, or `other`. */
  readonly operation: string;
  /** Whether it was done, and if not, why. */
  readonly outcome: BindingOutcome;
  /** Until its answer began. */
  readonly durationMs: number;
  /** What its store holds, or null when that is not known. */
  readonly storedBytes: number | null;
}

/** An app's TCP connection stands, or could not be had. */
export interface ConnectionEvent {
  /** Discriminates the union. */
  readonly event: "connection";
  /** The app. */
  readonly app: string;
  /** Whether it stands, and if not, why. */
  readonly outcome: BindingOutcome;
}

/** A TCP connection that stood is over. */
export interface ConnectionClosedEvent {
  /** Discriminates the union. */
  readonly event: "connection_closed";
  /** The app. */
  readonly app: string;
}

/** A binding failed in the host; the app is told only that it did. */
export interface BindingFailedEvent {
  /** Discriminates the union. */
  readonly event: "binding_failed";
  /** The app. */
  readonly app: string;
  /** Its name in `env`. */
  readonly binding: string;
  /** The method, or `other`. */
  readonly operation: string;
  /** What went wrong. */
  readonly error: string;
}

/** A batch of messages was delivered, or could not be; as frequent as the app's consumers make it. */
export interface QueueBatchEvent {
  /** Discriminates the union. */
  readonly event: "queue_batch";
  /** The app. */
  readonly app: string;
  /** The queue, by the name that the app knows. */
  readonly queue: string;
  /** `failed` when the handler threw or its isolate ended; `undelivered` when the app took nothing. */
  readonly outcome: "ok" | "failed" | "undelivered";
  /** How many it had. */
  readonly messages: number;
  /** Those that are done. */
  readonly acked: number;
  /** Those that are delivered again. */
  readonly retried: number;
  /** Those that have failed too often. */
  readonly dead: number;
  /** Messages in the queue when it was taken, its own included. */
  readonly backlog: number;
  /** Waiting for the app included. */
  readonly durationMs: number;
  /** What went wrong. */
  readonly error?: string;
}

/** Messages have failed too often. */
export interface QueueDeadLetterEvent {
  /** Discriminates the union. */
  readonly event: "queue_dead_letter";
  /** The app. */
  readonly app: string;
  /** The queue, by the name that the app knows. */
  readonly queue: string;
  /** Where they are kept now, or null when they were deleted. */
  readonly deadLetterQueue: string | null;
  /** How many. */
  readonly messages: number;
  /** Theirs. */
  readonly ids: readonly string[];
}

/** What ends a host: a signal, its own or one that its guardian passes on, or the end of its guardian. */
export type StopCause = "SIGTERM" | "SIGINT" | "guardian_gone";

/** Everything that NANO tells about itself. */
export type NanoEvent =
  | { readonly event: "server_start"; readonly version: string; readonly url: string; readonly admin: string | null }
  | { readonly event: "apps_started"; readonly apps: number; readonly elapsedMs: number }
  | { readonly event: "server_stop"; readonly exitCode: number; readonly cause: StopCause }
  | RequestEvent
  | { readonly event: "app_start_queued"; readonly app: string }
  | { readonly event: "app_starting"; readonly app: string; readonly attempt: number }
  | { readonly event: "app_ready"; readonly app: string; readonly startMs: number; readonly version: string }
  | { readonly event: "app_failed"; readonly app: string; readonly reason: ExitReason; readonly error: string }
  | { readonly event: "app_quarantined"; readonly app: string; readonly version: string; readonly reason: string }
  | { readonly event: "app_exit"; readonly app: string; readonly reason: ExitReason; readonly detail: string }
  | { readonly event: "app_restart"; readonly app: string; readonly reason: ExitReason; readonly delayMs: number }
  | {
    readonly event: "app_install";
    readonly app: string;
    readonly step: "waiting" | "started" | "running" | "done" | "failed";
    readonly packages: readonly string[];
    readonly elapsedMs: number;
  }
  | { readonly event: "app_drain_start"; readonly app: string; readonly inFlight: number }
  | { readonly event: "app_drained"; readonly app: string; readonly forcedClosed: number }
  | { readonly event: "app_state"; readonly app: string; readonly state: AppStateName }
  | AppLogEvent
  | BindingCallEvent
  | ConnectionEvent
  | ConnectionClosedEvent
  | BindingFailedEvent
  | { readonly event: "app_removed"; readonly app: string }
  | ({ readonly event: "cron_start" } & CronId)
  | CronDoneEvent
  | ({ readonly event: "cron_skipped" } & CronId)
  | QueueBatchEvent
  | QueueDeadLetterEvent
  | ({ readonly event: "config_reload" } & ReloadSummary)
  | { readonly event: "config_rejected"; readonly errors: readonly string[] }
  | OperatorChangeEvent
  | { readonly event: "fleet_state"; readonly state: string; readonly why: string | null; readonly revision: number }
  | { readonly event: "fleet_app_failed"; readonly app: string; readonly revision: number; readonly error: string }
  | { readonly event: "fleet_repaired"; readonly records: number }
  | { readonly event: "drain_start"; readonly inFlight: number; readonly timeoutMs: number }
  | { readonly event: "drain_complete"; readonly drainedRequests: number; readonly forcedClosed: number }
  | { readonly event: "warning"; readonly text: string };

/** Listens to events; whatever it throws is reported once and harms nobody. */
export type NanoListener = (event: NanoEvent) => void;

/** Hands each event to every listener, in order of registration. */
export class EventHub {
  #listeners: NanoListener[] = [];

  /**
   * Registers a listener.
   * @returns a function that removes it
   */
  listen(listener: NanoListener): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener);
    };
  }

  /** Tells every listener; a listener that throws is reported on stderr and the others still hear the event. */
  emit(event: NanoEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        console.error(`Cannot deliver event "${event.event}" to a listener:`, error);
      }
    }
  }
}
