/** Words the refusals of changes: what could not be done, and why. */
import { NAMED_BY_FILE } from "../config/layers.ts";
import type { NanoConfig } from "../config/resolved_config.ts";
import { messageOf, NanoError } from "../errors.ts";

/** A mistake that somebody else's claim makes, in the words of cross_checks.ts; keys of other apps name their app. */
const TAKEN =
  /taken by .* of app "|" of app ".* taken by |taken by (admin\.)?port$|already the port of the admin listener/;

/**
 * Refuses a change whose layer does not fit: it was set aside.
 *
 * @param verb what cannot be done, as `change app "blog"`
 * @param isOfFile whether nano.json named the app before the change; then an entry that was kept for the name does not
 *   run anyway, and is no reason against a change of the app that does
 * @throws {NanoError} CONFLICT when name, host or port are taken, CONFIG_INVALID with every mistake in `details`
 */
export function refuseMisfit(
  { layers }: NanoConfig,
  { app, verb, isOfFile }: { readonly app: string; readonly verb: string; readonly isOfFile: boolean },
): void {
  const reasons = layers.setAside.filter((one) => one.app === app).flatMap((one) => one.reasons)
    .filter((reason) => !(isOfFile && reason === NAMED_BY_FILE));
  if (reasons.length === 0) return;
  const isTaken = reasons.some((reason) => reason === NAMED_BY_FILE || TAKEN.test(reason));
  throw new NanoError(isTaken ? "CONFLICT" : "CONFIG_INVALID", `Cannot ${verb}: ${reasons[0]}`, { details: reasons });
}

/** An app's port that somebody else listens on is as taken as one that the configuration names. */
export function conflictOf(thrown: unknown, verb: string): unknown {
  const isTaken = thrown instanceof NanoError && thrown.cause instanceof Deno.errors.AddrInUse;
  return isTaken ? new NanoError("CONFLICT", `Cannot ${verb}: ${thrown.message}`, { cause: thrown }) : thrown;
}

/** What SQLite and the system say where the machine is at fault, and what that means; errors of threads are texts alone. */
const MACHINE_FAULTS: readonly (readonly [text: RegExp, meaning: string])[] = [
  [/database or disk is full|\(os error 28\)|ENOSPC/, "the disk is full"],
  [/disk quota exceeded|\(os error 122\)|EDQUOT/i, "the disk quota of NANO's user is used up"],
  [/readonly database|\(os error 30\)|EROFS/, "the file system is read-only"],
  [/disk I\/O error|\(os error 5\)/, "the disk fails (I/O error)"],
  [/\(os error 24\)|EMFILE/, "NANO has no descriptor left"],
];

/** An error as whoever asked should read it; what is at fault with the machine is no secret, and nothing that NANO did. */
export function refusalOf(thrown: unknown, verb: string): Error {
  if (!(thrown instanceof NanoError)) {
    const text = messageOf(thrown);
    const [, meaning] = MACHINE_FAULTS.find(([fault]) => fault.test(text)) ?? [];
    if (meaning !== undefined) return new NanoError("INTERNAL", `Cannot ${verb}: ${meaning}`, { cause: thrown });
    return thrown instanceof Error ? thrown : new Error(text);
  }
  const { code, message, details } = thrown;
  if (code !== "CONFIG_INVALID" || message.startsWith(`Cannot ${verb}`)) return thrown;
  return new NanoError(code, `Cannot ${verb}: ${details[0] ?? message}`, { cause: thrown, details });
}
