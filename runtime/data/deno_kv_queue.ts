/** Messages of a `Deno.Kv`: taken by one listener, put back when it fails or is gone, kept under keys when it gives up. */
import { KV_KIND } from "../protocol/deno_kv.ts";
import type { Plain } from "../protocol/binding_call.ts";
import type { DenoKvStatements } from "./deno_kv_tables.ts";
import { spaceOf } from "./deno_kv_apply.ts";

interface MessageRow {
  readonly id: number;
  readonly space: number;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly backoff: string;
  readonly undelivered: string;
}

/** Of a process, whose UUID each lease of its listeners begins with. */
const PROCESS_CHARS = 36;

/**
 * Takes the next message that is due.
 * @param args database and lease: `PROCESS/LISTENER`
 * @returns its id and payload, or null and when the next one is due, or null
 */
export function takeMessage(
  statements: DenoKvStatements,
  now: number,
  [space, lease]: readonly [string, string],
): readonly Plain[] {
  // Leases of others than this process belong to those that are gone.
  statements.strays.run(lease.slice(0, PROCESS_CHARS));
  const id = spaceOf(statements, space);
  if (id === null) return [null, null];
  const row = statements.ready.get(id, now) as { id: number; payload: Uint8Array } | undefined;
  if (row === undefined) return [null, (statements.nextDue.get(id) as { due: number | null }).due];
  statements.lease.run(lease, row.id);
  return [row.id, row.payload];
}

/** @returns when it is due again, or null when it is done with */
export function finishMessage(
  statements: DenoKvStatements,
  now: number,
  [lease, id, isDone]: readonly [string, number, boolean],
): number | null {
  const row = statements.message.get(id, lease) as MessageRow | undefined;
  if (row === undefined) return null;
  const [next, ...later] = JSON.parse(row.backoff) as number[];
  if (!isDone && next !== undefined) {
    const due = now + Math.floor(next);
    statements.retry.run(due, JSON.stringify(later), id);
    return due;
  }
  if (!isDone) keepUndelivered(statements, row);
  statements.forget.run(id);
  return null;
}

/** Puts back what a listener has taken and will not finish. @param args lease, and one message or null for all */
export function releaseMessages(
  statements: DenoKvStatements,
  now: number,
  [lease, id]: readonly [string, number | null],
): void {
  statements.release.run(now, lease, id);
}

function keepUndelivered(statements: DenoKvStatements, { space, payload, undelivered }: MessageRow): void {
  const keys = JSON.parse(undelivered) as string[];
  if (keys.length === 0) return;
  const { last } = statements.nextVersion.get() as { last: number };
  for (const key of keys) statements.set.run(space, Uint8Array.fromHex(key), KV_KIND.V8, last, null, payload);
}
