/** Lines of the log as the admin API sends them: the last ones, and all that follow. */
import type { LogFilter, LogLine, Observations } from "../../runtime/mod.ts";
import { isoTime } from "../gate/app_view.ts";
import type { LogLineView } from "../schemas/host_schemas.ts";
import { sseText } from "./server_sent_events.ts";

/** Where a follower begins. */
export interface LogStart {
  /** So many of the last lines come first. */
  readonly limit: number;
  /** Instead: the kept lines after this one, when the follower was here before. */
  readonly after: number | null;
}

/** At most so many lines are looked through for those that a follower missed. */
const MAX_MISSED_LINES = 5_000;

/** One line as JSON shows it. */
export function lineView({ id, at, app, kind, level, text, request }: LogLine): LogLineView {
  return {
    id,
    at: isoTime(at),
    app,
    kind,
    level,
    text,
    request: request && {
      method: request.method,
      path: request.path,
      status: request.status,
      duration_ms: request.durationMs,
      request_id: request.requestId,
      code: request.code,
      end: request.end,
    },
  };
}

/** Server-sent events: `line` for each, `dropped` when the follower was too slow; a batch at a time. */
export async function* logFeed(
  observations: Observations,
  filter: LogFilter,
  { start, signal }: { start: LogStart; signal: AbortSignal },
): AsyncGenerator<string> {
  const batches = observations.followLines(filter, signal)[Symbol.asyncIterator]();
  try {
    // Asked before the past is read: no line falls between the two, and one that is in both is sent once.
    let next = batches.next();
    // Awaited only below: a failure until then must not count as unhandled.
    next.catch(() => {});
    const past = pastLines(observations, filter, start);
    const last = past.at(-1)?.id ?? 0;
    if (past.length > 0) yield past.map(lineText).join("");
    for (let batch = await next; !batch.done; batch = await next) {
      const { lines, dropped } = batch.value;
      const fresh = lines.filter(({ id }) => id > last);
      const gap = dropped > 0 ? sseText("dropped", JSON.stringify({ dropped })) : "";
      // What was dropped is newer than the lines that were kept.
      if (gap !== "" || fresh.length > 0) yield fresh.map(lineText).join("") + gap;
      next = batches.next();
    }
  } finally {
    await batches.return?.();
  }
}

function pastLines(observations: Observations, filter: LogFilter, { limit, after }: LogStart): readonly LogLine[] {
  if (after === null) return observations.recentLines(filter, limit);
  const kept = observations.recentLines(filter, MAX_MISSED_LINES);
  // Ids begin anew with the process: an id that is not reached yet is of another life.
  const reached =
    (observations.recentLines({ ...filter, level: null, text: null, kinds: null }, 1)[0]?.id ?? 0) >= after;
  return reached ? kept.filter(({ id }) => id > after) : kept.slice(-limit);
}

function lineText(line: LogLine): string {
  return sseText("line", JSON.stringify(lineView(line)), line.id);
}
