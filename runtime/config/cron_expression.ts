/** Cron expressions: five fields, in UTC, as croner reads them. */
import { Cron } from "croner";
import { messageOf } from "../errors.ts";

/** Why an expression cannot be used; null when it can. */
export function cronProblem(expression: string): string | null {
  try {
    return nextRun(expression, new Date(0)) === null ? "it names a day that never comes" : null;
  } catch (error) {
    return messageOf(error).replace(/^CronPattern: /, "");
  }
}

/**
 * The first time after another that an expression names; null when there is none.
 * @throws {Error} when the expression is none
 */
export function nextRun(expression: string, after: Date): Date | null {
  // Without a function, croner only computes: it starts no timer of its own.
  return new Cron(expression, { timezone: "UTC", mode: "5-part" }).nextRun(after);
}
