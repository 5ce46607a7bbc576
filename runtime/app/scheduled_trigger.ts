/** Runs `scheduled` when a path asks for it, as the server of wrangler does at the desk. */
import type { Clock } from "../clock.ts";
import type { AppCall, AppTarget } from "../terms/app_call.ts";
import { ScheduledCall } from "./scheduled_call.ts";

/** That of wrangler, and its older one, which create-cloudflare's starter names. */
const PATHS: ReadonlySet<string> = new Set(["/cdn-cgi/handler/scheduled", "/__scheduled"]);
const TEXT = "content-type\ntext/plain;charset=UTF-8\n";

/**
 * Makes what takes such calls: the query's `cron` is the event's, `time` when it was due, in ms since the epoch, or now.
 * It answers "ok", or 500 and "exception" when the job fails, whose reason is in the log.
 * @returns a function that tells whether it has taken a call
 */
export function scheduledTrigger(clock: Pick<Clock, "now" | "wall">): (target: AppTarget, call: AppCall) => boolean {
  return (target, call) => {
    const { pathname, searchParams } = new URL(call.url);
    if (!PATHS.has(pathname)) return false;
    const due = Number(searchParams.get("time") ?? NaN);
    const job = { cron: searchParams.get("cron") ?? "", scheduledTime: Number.isSafeInteger(due) ? due : clock.wall() };
    target.fetch(
      new ScheduledCall(job, clock.now(), (error) => {
        if (error === null) call.respond(200, TEXT, "ok");
        else call.respond(500, TEXT, "exception");
      }),
    );
    return true;
  };
}
