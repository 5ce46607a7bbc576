/**
 * Which node delivers from a queue: one at a time, so that a message is with one consumer, and `max_concurrency` holds for
 * the fleet. A node that delivers keeps one lease, however many queues it has; whose lease has ended has none of them.
 */
import { StorageType } from "@nats-io/jetstream";
import type { NatsEngine } from "../engine_config.ts";
import { natsFailure } from "../nats_failures.ts";
import { giveBack, take } from "../nats_holds.ts";
import { natsNames } from "../nats_names.ts";
import type { Reached } from "../nats_session.ts";
import { ensureStream, leasePlan } from "../nats_streams.ts";
import type { PatientCalls } from "./patient_calls.ts";
import { plainPart } from "./store_names.ts";

/** A node that nobody asks for messages of a queue any more leaves it to others; consumers ask every minute at least. */
const UNUSED_MS = 90_000;
/** Others come first to a queue that was given back. */
const GIVEN_BACK_MS = 3_000;
/** What is another node's is not looked at again by each message that is sent. */
const OTHERS_MS = 1_000;

/** What a queue says that nobody delivers from. */
const NOBODY = "";

/** What it works with. */
export interface QueueOwnersTools {
  readonly calls: PatientCalls;
  readonly engine: NatsEngine;
}

interface Owned {
  usedAt: number;
  /** Whether batches are under way, however long ago it was asked. */
  readonly isBusy: () => boolean;
}

/** The queues that this node delivers from. */
export class QueueOwners implements AsyncDisposable {
  readonly #calls: PatientCalls;
  readonly #engine: NatsEngine;
  readonly #owned = new Map<string, Owned>();
  /** By queue, until when nothing is tried. */
  readonly #waits = new Map<string, number>();
  /** Names of this thread whose leases have run out: what they had is its own still, unless another was quicker. */
  readonly #former = new Set<string>();
  #session = crypto.randomUUID();
  /** Before the lease was taken last. */
  #renewedAt = -Infinity;
  #renewing: ReturnType<typeof setInterval> | null = null;

  constructor({ calls, engine }: QueueOwnersTools) {
    this.#calls = calls;
    this.#engine = engine;
  }

  /** Whether this node delivers from a queue now. */
  has(queue: string): boolean {
    return this.#isAlive && this.#owned.has(queue);
  }

  /** Takes a queue when it is free. @returns whether this node delivers from it now */
  async takes(reached: Reached, queue: string, isBusy: () => boolean): Promise<boolean> {
    const now = performance.now();
    const owned = this.#owned.get(queue);
    if (owned !== undefined) owned.usedAt = now;
    if (this.has(queue)) return true;
    if ((this.#waits.get(queue) ?? 0) > now) return false;
    try {
      return await this.#take(reached, queue, isBusy);
    } catch (error) {
      if (natsFailure(error) !== "missing") throw error;
      await this.#make(reached);
      return await this.#take(reached, queue, isBusy);
    }
  }

  /** Leaves a queue to others, as its app does not run here. */
  async giveUp(reached: Reached, queue: string): Promise<void> {
    const owned = this.#owned.get(queue);
    if (owned === undefined) return;
    this.#owned.delete(queue);
    this.#waits.set(queue, performance.now() + GIVEN_BACK_MS);
    try {
      const at = this.#place(queue);
      const stands = await owner(reached, at);
      if (stands.session === this.#session) await put(reached, at, { session: NOBODY, expected: stands.sequence });
    } catch (error) {
      // It stands as this node's: the next try gives it up.
      this.#owned.set(queue, owned);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#renewing !== null) clearInterval(this.#renewing);
    if (this.#owned.size === 0) return;
    this.#owned.clear();
    // Without it others wait until it ends.
    await this.#calls.call("give a lease back", (reached) => giveBack(reached, this.#lease(this.#session))).catch(
      () => {},
    );
  }

  get #isAlive(): boolean {
    return performance.now() - this.#renewedAt < this.#engine.times.leaseMs;
  }

  async #take(reached: Reached, queue: string, isBusy: () => boolean): Promise<boolean> {
    await this.#renew(reached);
    const at = this.#place(queue);
    const { session, sequence } = await owner(reached, at);
    const isMine = session === this.#session ||
      (await this.#isFree(reached, session) && await put(reached, at, { session: this.#session, expected: sequence }));
    if (isMine) this.#owned.set(queue, { usedAt: performance.now(), isBusy });
    else this.#waits.set(queue, performance.now() + OTHERS_MS);
    return isMine;
  }

  async #isFree({ jsm }: Reached, session: string): Promise<boolean> {
    if (session === NOBODY || this.#former.has(session)) return true;
    const { stream, subject } = this.#lease(session);
    const lease = await jsm.streams.getMessage(stream, { last_by_subj: subject });
    return lease === null || lease.string() !== session;
  }

  /** Of this thread, unless it is fresh. */
  async #renew(reached: Reached): Promise<void> {
    const { leaseMs } = this.#engine.times;
    if (!this.#isAlive && this.#renewedAt !== -Infinity) {
      // Somebody else may have what it had.
      this.#owned.clear();
      this.#former.add(this.#session);
      this.#session = crypto.randomUUID();
    } else if (performance.now() - this.#renewedAt < leaseMs / 3) return;
    const before = performance.now();
    await take(reached, { ...this.#lease(this.#session), renews: true });
    this.#renewedAt = before;
    this.#renewing ??= setInterval(() => this.#keep(), leaseMs / 3);
  }

  #keep(): void {
    const old = performance.now() - UNUSED_MS;
    const unused = [...this.#owned].filter(([, { usedAt, isBusy }]) => usedAt < old && !isBusy()).map(([queue]) =>
      queue
    );
    if (this.#owned.size === 0) {
      if (this.#renewing !== null) clearInterval(this.#renewing);
      this.#renewing = null;
      return;
    }
    // What fails now is tried again, and then it has run out.
    this.#calls.call("keep a lease", async (reached) => {
      for (const queue of unused) await this.giveUp(reached, queue);
      if (this.#isAlive) await this.#renew(reached);
    }).catch(() => {});
  }

  #lease(session: string): { readonly stream: string; readonly subject: string; readonly holder: string } {
    const { streams, prefixes } = natsNames(this.#engine.space);
    return { stream: streams.leases, subject: `${prefixes.leases}queues.${session}`, holder: session };
  }

  #place(queue: string): Place {
    const { space } = this.#engine;
    return { stream: ownersStream(space), subject: `${space}.owner.${plainPart(queue)}` };
  }

  async #make({ jsm }: Reached): Promise<void> {
    const { space, replicas } = this.#engine;
    await ensureStream(jsm, leasePlan(this.#engine), replicas);
    const subjects = [`${space}.owner.>`];
    await ensureStream(jsm, { name: ownersStream(space), subjects, storage: StorageType.File, keptMs: null }, replicas);
  }
}

interface Place {
  readonly stream: string;
  readonly subject: string;
}

function ownersStream(space: string): string {
  return `${space}_owners`;
}

/** As the leader has it. */
async function owner({ jsm }: Reached, { stream, subject }: Place) {
  const message = await jsm.streams.getMessage(stream, { last_by_subj: subject });
  return { session: message?.string() ?? NOBODY, sequence: message?.seq ?? 0 };
}

async function put(
  { js }: Reached,
  { subject }: Place,
  { session, expected }: { readonly session: string; readonly expected: number },
): Promise<boolean> {
  try {
    await js.publish(subject, session, { expect: { lastSubjectSequence: expected } });
    return true;
  } catch (error) {
    if (natsFailure(error) === "conflict") return false;
    throw error;
  }
}
