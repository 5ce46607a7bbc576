/** Records that cannot be in force on this node, and when each is tried again. */
import type { Clock } from "../clock.ts";
import type { HeldMark } from "../store/fleet_rows.ts";
import { appOfKey } from "./app_record.ts";
import type { FailedApp } from "./fleet_store.ts";

/** Doubled with each failure, from 30 s to 10 min: what is missing here is most often brought by a person. */
const FIRST_RETRY_MS = 30_000;
const LAST_RETRY_MS = 10 * 60_000;
/** What the node itself lacks, such as room on its disk, is mended without a word to NANO: it looks with each pull. */
const OWN_RETRY_MS = 4_000;

interface Failed {
  readonly revision: number;
  readonly error: string;
  readonly own: boolean;
  readonly waitMs: number;
  readonly at: number;
}

/** The failures of one node. */
export class FailedRecords {
  readonly #clock: Clock;
  readonly #failed = new Map<string, Failed>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#failed.size;
  }

  /**
   * @param how.now whether it is tried at the next chance
   * @param how.own whether it is no fault of the app
   * @returns whether somebody is to be told: not each time that a full disk refuses the same
   */
  add(key: string, revision: number, error: string, { now = false, own = false } = {}): boolean {
    const before = this.#failed.get(key);
    const isSame = before?.revision === revision;
    const waitMs = !isSame || before.waitMs === 0 ? FIRST_RETRY_MS : Math.min(before.waitMs * 2, LAST_RETRY_MS);
    const wait = now ? 0 : own ? OWN_RETRY_MS : waitMs;
    this.#failed.set(key, { revision, error, own, waitMs: own ? 0 : wait, at: this.#clock.now() + wait });
    return !(isSame && own && before.own);
  }

  /** Adds those of what a node holds; each is tried at the next chance. */
  addAll(held: Iterable<HeldMark>): void {
    for (const { key, revision, why } of held) if (why !== null) this.add(key, revision, why, { now: true });
  }

  remove(key: string): void {
    this.#failed.delete(key);
  }

  clear(): void {
    this.#failed.clear();
  }

  /** Keys whose turn has come. */
  due({ all }: { readonly all: boolean }): readonly string[] {
    const now = this.#clock.now();
    return [...this.#failed].filter(([, { at }]) => all || at <= now).map(([key]) => key);
  }

  list(): readonly FailedApp[] {
    return [...this.#failed].map(([key, { revision, error }]) => ({ app: appOfKey(key) ?? key, revision, error }));
  }
}

/** An archive that stays missing for so long is a failure of its record: it must not hold the others up for ever. */
const MISSING_MS = 30_000;

/** The record whose archive the engine does not have. */
export class MissingArchive {
  readonly #clock: Clock;
  #known: { readonly record: string; readonly since: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Called each time that it is missing. @param record tells it from others */
  isTooLong(record: string): boolean {
    const now = this.#clock.now();
    if (this.#known?.record !== record) this.#known = { record, since: now };
    return now - this.#known.since >= MISSING_MS;
  }

  end(): void {
    this.#known = null;
  }
}
