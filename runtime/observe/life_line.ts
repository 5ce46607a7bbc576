/** What the log of an app says of the app's own life. */
import type { RareEvent } from "./log_record.ts";

/** An event about an app. */
type LifeEvent = Extract<RareEvent, { readonly app: string | null }>;

/** The text of an event in an app's log, or null when it is no line of it. */
export function lifeText(event: LifeEvent): string | null {
  switch (event.event) {
    case "app_start_queued":
      return "Waits for its turn to start: others start now";
    case "app_starting":
      return event.attempt === 1 ? "Starting" : `Starting, attempt ${event.attempt}`;
    case "app_ready":
      return `Ready after ${Math.round(event.startMs)} ms, version ${event.version}`;
    case "app_failed":
      return `Cannot start (${event.reason}): ${event.error}`;
    case "app_quarantined":
      return `Quarantined, version ${event.version}: ${event.reason}`;
    case "app_exit":
      return `Isolate ended (${event.reason})${event.detail === "" ? "" : `: ${event.detail}`}`;
    case "app_restart":
      return event.delayMs === 0
        ? `Restarting at once (${event.reason})`
        : `Restarting in ${Math.round(event.delayMs)} ms (${event.reason})`;
    case "app_install":
      return installLine(event.step, event.packages.length, event.elapsedMs);
    case "app_drain_start":
      return `Draining, ${counted(event.inFlight)} in flight`;
    case "app_drained":
      return event.forcedClosed === 0 ? "Drained" : `Drained, ${counted(event.forcedClosed)} cut`;
    case "app_removed":
      return "Removed";
    case "operator_change": {
      const asked = `${event.detail} (asked by ${event.actor})`;
      return event.error === null ? asked : `${asked}: ${event.error}`;
    }
    case "cron_start":
      return `Cron "${event.name}" started`;
    case "cron_done": {
      const ms = Math.round(event.durationMs);
      if (event.ok) return `Cron "${event.name}" done after ${ms} ms`;
      return `Cron "${event.name}" failed after ${ms} ms${event.error === undefined ? "" : `: ${event.error}`}`;
    }
    case "cron_skipped":
      return `Cron "${event.name}" skipped: the run before still goes on`;
    case "queue_batch": {
      if (event.outcome === "ok") return null;
      const what = event.outcome === "failed" ? "failed" : "could not be delivered";
      const why = event.error === undefined ? "" : `: ${event.error}`;
      return `Batch of ${event.messages} from queue "${event.queue}" ${what}${why}`;
    }
    case "queue_dead_letter": {
      const where = event.deadLetterQueue === null ? "deleted" : `moved to "${event.deadLetterQueue}"`;
      return `Dead letters of queue "${event.queue}": ${event.messages} ${where}`;
    }
    default:
      return null;
  }
}

function counted(requests: number): string {
  return requests === 1 ? "1 request" : `${requests} requests`;
}

function installLine(step: string, packages: number, elapsedMs: number): string {
  const what = `${packages} package${packages === 1 ? "" : "s"}`;
  if (step === "waiting") return "Waiting to install packages";
  if (step === "started") return `Installing ${what}`;
  return `Installing ${what}: ${step} after ${Math.round(elapsedMs / 1000)} s`;
}
