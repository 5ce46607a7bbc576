// A greeting that depends on a variable and on the time of day.

import type { Env } from "./visible.ts";

/** Greets by `GREETING` if it is set. */
export function greeting(env: Env, now: Date): string {
  const partOfDay = now.getUTCHours() < 12 ? "morning" : now.getUTCHours() < 18 ? "afternoon" : "evening";
  return env.GREETING ?? `Good ${partOfDay} (UTC)`;
}
