/** What an engine has forgotten although it had acknowledged it, as a node that still has it sees. */
import type { Clock } from "../clock.ts";
import { NanoError } from "../errors.ts";
import type { HeldMark } from "../store/fleet_rows.ts";
import { readRecord, RECORD_FORMAT } from "./app_record.ts";
import type { FleetRecord, NewRecord } from "./fleet_store.ts";
import type { ReplicaTools } from "./replica_tools.ts";

/** So long after the first look a second one counts: a server that was behind has caught up by then, or is gone. */
const CONFIRM_MS = 10_000;
/** All keys are compared this often, as a head can have grown past a loss unseen: 48 ms for 1,000 records. */
const COMPARE_MS = 5 * 60_000;

/**
 * Records to be written again, in the order of their first writing. An engine that has a later change of the same key
 * has forgotten nothing that counts.
 */
export function lostRecords(
  held: readonly HeldMark[],
  there: ReadonlyMap<string, { readonly id: string; readonly revision: number }>,
): HeldMark[] {
  return held.filter(({ key, changeId, revision }) => {
    const found = there.get(key);
    return found === undefined || (found.id !== changeId && found.revision < revision);
  });
}

/** What the engine has of each key, and what it is to be given. */
export interface Comparing {
  readonly lost: readonly HeldMark[];
  /** Keys that are to be no more. */
  readonly surplus: readonly string[];
  readonly there: ReadonlyMap<string, FleetRecord>;
}

/**
 * Compares all keys.
 * @param take takes what the engine has and this node has not; null: the engine is to have what this node has and
 *   nothing else
 */
export async function compareAll(
  { rows, store }: Pick<ReplicaTools, "rows" | "store">,
  take: ((there: Iterable<FleetRecord>) => Promise<unknown>) | null,
): Promise<Comparing> {
  // Before the engine is read: what a change of this node adds meanwhile is no loss.
  const before = rows.held();
  const there = new Map<string, FleetRecord>();
  for await (const record of store.since(0)) there.set(record.key, record);
  if (take !== null) {
    await take(there.values());
    return { lost: lostRecords(before, there), surplus: [], there };
  }
  const own = new Set(before.map(({ key }) => key));
  return {
    lost: before.filter(({ key, changeId }) => there.get(key)?.id !== changeId),
    surplus: [...there.values()].flatMap(({ key, value }) => own.has(key) || value === null ? [] : [key]),
    there,
  };
}

/**
 * Writes records again, each by compare-and-set.
 * @returns the last revision
 * @throws {NanoError} CONFLICT when another node was quicker: the next pull looks anew
 */
export async function writeAgain(
  { lost, surplus, there }: Comparing,
  epoch: string,
  { rows, store, offer }: Pick<ReplicaTools, "rows" | "store" | "offer">,
): Promise<number> {
  let { revision } = await store.head();
  const write = async (key: string, record: Omit<NewRecord, "key">) => {
    const base = { epoch, revision, ofKey: there.get(key)?.revision ?? 0 };
    const written = await store.write({ key, ...record }, base);
    if (written.outcome === "conflict") throw new NanoError("CONFLICT", "Another node writes to the fleet");
    revision = written.revision;
  };
  for (const key of surplus) await write(key, { id: crypto.randomUUID(), format: RECORD_FORMAT, value: null });
  for (const { key, changeId } of lost) {
    const held = rows.record(key);
    if (held?.changeId !== changeId) continue;
    const read = readRecord(held);
    if ("record" in read) await offer(read.record);
    const value = held.value === null ? null : JSON.parse(held.value);
    await write(key, { id: changeId, format: held.format, value });
    rows.setRevision(key, revision);
  }
  return revision;
}

/** A loss that was seen once. */
export class LossSuspicion {
  readonly #clock: Clock;
  #since: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#since !== null;
  }

  /** Called each time it is seen. @returns whether it has been seen long enough ago for the first time */
  isConfirmed(): boolean {
    this.#since ??= this.#clock.now();
    return this.#clock.now() - this.#since >= CONFIRM_MS;
  }

  end(): void {
    this.#since = null;
  }
}

/** When all keys are compared. */
export class Comparison {
  readonly #clock: Clock;
  #doneAt: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isDue(): boolean {
    return this.#doneAt === null || this.#clock.now() - this.#doneAt >= COMPARE_MS;
  }

  done(): void {
    this.#doneAt = this.#clock.now();
  }

  soon(): void {
    this.#doneAt = null;
  }
}
