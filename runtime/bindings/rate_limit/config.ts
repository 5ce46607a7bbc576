/** The key of a rate limiter among an app's bindings. */
import { z } from "zod";

/** The periods that Workers take, in seconds. */
export const RATE_LIMIT_PERIODS = [10, 60] as const;

const limitRule = "expected a whole number of calls from 1 to 1000000000";
const periodRule = "expected 10 or 60, in seconds";
const rule = 'expected an object such as { "limit": 100, "period": 60 }';

/** `{ "rate_limit": { "limit": 100, "period": 60 } }`. */
export const rateLimitConfig = z.strictObject({
  limit: z.int(limitRule).min(1, limitRule).max(1_000_000_000, limitRule).meta({
    description: "Calls of a key that succeed within a period.",
  }),
  period: z.literal(RATE_LIMIT_PERIODS, periodRule).meta({ description: "The period, in seconds: 10 or 60." }),
}, rule).meta({ description: "A rate limiter: how often `limit({ key })` succeeds for a key." });
