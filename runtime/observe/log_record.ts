/** Turns an event into what the log says of it: a level and named fields. */
import type { AppLogLevel, NanoEvent, RequestEvent } from "../terms/events.ts";

/** A level of the log, and the threshold of what is written. */
export type LogLevel = AppLogLevel;

/** How much a level weighs; a record below the threshold is not written. */
export const LEVEL_WEIGHT: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40 };

/** One record without its time. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly event: string;
  /** Fields in order, their names in snake case. */
  readonly fields: readonly (readonly [name: string, value: unknown])[];
}

/** Every event that may be logged, except the request, which has its own fast path. */
export type RareEvent = Exclude<NanoEvent, RequestEvent>;

/** `null`: never logged, because other events say the same in better words. */
const LEVELS: Readonly<Record<RareEvent["event"], LogLevel | null>> = {
  server_start: "info",
  apps_started: "info",
  server_stop: "info",
  app_start_queued: "info",
  app_starting: "info",
  app_ready: "info",
  app_failed: "error",
  app_quarantined: "error",
  app_exit: "warn",
  app_restart: "warn",
  app_install: "info",
  app_drain_start: "info",
  app_drained: "info",
  app_state: null,
  app_log: "info",
  app_removed: "info",
  binding_call: null,
  binding_failed: "error",
  connection: null,
  connection_closed: null,
  cron_start: "info",
  cron_done: "info",
  cron_skipped: "warn",
  queue_batch: "debug",
  queue_dead_letter: "warn",
  config_reload: "info",
  config_rejected: "error",
  operator_change: "info",
  fleet_state: "info",
  fleet_app_failed: "error",
  fleet_repaired: "warn",
  drain_start: "info",
  drain_complete: "info",
  warning: "warn",
};

/** How bad an event is, or null when the log does not speak of it. */
export function levelOf(event: RareEvent): LogLevel | null {
  switch (event.event) {
    case "app_log":
      return event.level;
    case "app_exit":
      return event.reason === "drained" || event.reason === "parked" ? "info" : "warn";
    case "operator_change":
      return event.error === null ? "info" : "warn";
    case "fleet_state":
      return event.state === "following" ? "info" : event.state === "diverged" ? "error" : "warn";
    case "cron_done":
      return event.ok ? "info" : "error";
    case "queue_batch":
      return event.outcome === "ok" ? "debug" : event.outcome === "failed" ? "error" : "warn";
    case "app_drained":
    case "drain_complete":
      return event.forcedClosed > 0 ? "warn" : "info";
    default:
      return LEVELS[event.event];
  }
}

const snakeNames = new Map<string, string>();

function snakeName(name: string): string {
  let snake = snakeNames.get(name);
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => "_" + letter.toLowerCase());
    snakeNames.set(name, snake);
  }
  return snake;
}

/** Times are measured finer than anybody reads them: three digits after the point stay. */
function shortened(value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Math.round(value * 1000) / 1000 : value;
}

/** The record of an event, or null when the log does not speak of it. */
export function logRecord(event: RareEvent): LogRecord | null {
  const level = levelOf(event);
  if (level === null) return null;
  const fields: [string, unknown][] = [];
  for (const [name, value] of Object.entries(event)) {
    // The record's own level and event lead the line; app_log's level is the record's.
    if (name !== "event" && name !== "level") fields.push([snakeName(name), shortened(value)]);
  }
  return { level, event: event.event, fields };
}
