/** One event of the feed. */
import { clockText } from "../../schemas/figures.ts";

const BAD: ReadonlySet<string> = new Set(["app_failed", "app_quarantined", "config_rejected"]);
const WARN: ReadonlySet<string> = new Set([
  "app_exit",
  "app_restart",
  "cron_skipped",
  "queue_dead_letter",
  "warning",
  "drain_start",
]);
/** Shown in columns of their own. */
const LEFT_OUT: ReadonlySet<string> = new Set(["event", "app", "ts", "at"]);

/** An event as the admin API tells it. */
export interface ToldEvent {
  readonly event: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One event. @param props.hidden by the filter */
export function EventRow({ told: { event, at, data }, hidden }: { told: ToldEvent; hidden: boolean }) {
  const { app } = data;
  return (
    <li data-level={BAD.has(event) ? "error" : WARN.has(event) ? "warn" : "info"} hidden={hidden}>
      <time datetime={new Date(at).toISOString()}>{clockText(at)}</time>
      <span class="level">{event}</span>
      <span class="text">
        {typeof app === "string" ? <a href={`/apps/${encodeURIComponent(app)}`}>{app}</a> : null} {detailsOf(data)}
      </span>
    </li>
  );
}

/** All that an event's row says, for the filter. */
export function eventText({ event, at, data }: ToldEvent): string {
  return [clockText(at), event, typeof data["app"] === "string" ? data["app"] : "", detailsOf(data)].join(" ");
}

function detailsOf(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data).filter(([key]) => !LEFT_OUT.has(key)).map(([key, value]) =>
    `${key.replaceAll("_", " ")}: ${typeof value === "string" ? value : JSON.stringify(value)}`
  ).join("  ");
}
