/** What becomes of the messages of a batch, by what its app said or how it ended. */
import { MAX_DELAY_SECONDS } from "../config/consumer_configs.ts";
import type { ConsumerConfig } from "../config/resolved_config.ts";
import type { Decision, TakenMessage } from "../data/queue_store.ts";
import { type ErrorCode, NanoError } from "../errors.ts";
import type { BatchVerdict, MessageVerdict } from "../protocol/queue_batch.ts";

/** Ends of an isolate for which its batch may be the reason. */
const DEATHS: ReadonlySet<ErrorCode> = new Set(["APP_OUT_OF_MEMORY", "APP_UNRESPONSIVE", "APP_TERMINATED"]);
/** Failures of a batch that the isolate outlived. */
const FAILURES: ReadonlySet<ErrorCode> = new Set(["APP_EXCEPTION", "APP_BAD_RESPONSE"]);

/**
 * How a delivery ended: `undelivered` when the app never had it, or it was taken from it by no fault of its own;
 * `died` when the isolate ended with it.
 * @param isOverdue whether the app has had all the time there is
 */
export function batchEnd(
  end: BatchVerdict | NanoError,
  isOverdue: boolean,
): "ok" | "failed" | "died" | "undelivered" {
  if (!(end instanceof NanoError)) return end.error === null ? "ok" : "failed";
  if (DEATHS.has(end.code)) return "died";
  return FAILURES.has(end.code) || (end.code === "REQUEST_TIMEOUT" && isOverdue) ? "failed" : "undelivered";
}

/**
 * Decides about each message.
 * @param verdicts of the app, or null when it said nothing: then all have failed
 * @param options.now wall clock, ms since the epoch
 */
export function decisionsOf(
  messages: readonly TakenMessage[],
  verdicts: readonly MessageVerdict[] | null,
  { now, maxRetries, retryDelayMs }: Pick<ConsumerConfig, "maxRetries" | "retryDelayMs"> & { readonly now: number },
): { readonly settled: Decision[]; readonly dead: TakenMessage[] } {
  const settled: Decision[] = [];
  const dead: TakenMessage[] = [];
  messages.forEach((message, at) => {
    const verdict = verdicts?.[at] ?? { delaySeconds: null };
    const { seq } = message;
    if (verdict === "ack") settled.push({ seq, outcome: "ack", visible: now });
    else if (message.failures >= maxRetries) dead.push(message);
    else settled.push({ seq, outcome: "retry", visible: now + delayMs(verdict.delaySeconds, retryDelayMs) });
  });
  return { settled, dead };
}

/** Waits that an app asks for are cut to what Workers allow. */
function delayMs(seconds: number | null, otherwise: number): number {
  return seconds === null ? otherwise : Math.min(Math.max(0, seconds), MAX_DELAY_SECONDS) * 1000;
}
