/** What nodes of a fleet share: the contract of its engines. */
import { NanoError } from "../errors.ts";

/** How long a lease is held without being renewed; NATS keeps it as the age limit of a stream. */
export const LEASE_MS = 10_000;
/** How long a node is seen after it has last announced itself. */
export const NODE_SEEN_MS = 15_000;
/** How long a claim stands: far longer than any node can be late for the turn of a cron. */
export const CLAIM_MS = 3_600_000;
/** How long an archive that no record names is kept: its record may be about to be written. */
export const BLOB_GRACE_MS = 3_600_000;
/** The longest record, as JSON in UTF-8: half of what a NATS server takes in one message by default. */
export const MAX_RECORD_BYTES = 524_288;

/** What JSON can say. */
export type FleetJson = null | boolean | number | string | readonly FleetJson[] | {
  readonly [name: string]: FleetJson;
};

/** Where an engine stands. */
export interface FleetHead {
  /** Which fleet this is; `null` when none has been founded here, or all of it is gone. */
  readonly epoch: string | null;
  /** Of the newest change, counted over all keys; grows with each, not always by one. */
  readonly revision: number;
}

/** A change as it is written: what one key holds from now on. */
export interface NewRecord {
  /** `app.<name>`; at most 200 characters. */
  readonly key: string;
  /** The change's own, random: who got no answer finds out by it whether the change was stored. */
  readonly id: string;
  /** Of the value; who does not know it keeps what it has. */
  readonly format: number;
  /** `null` is a tombstone: the key is never deleted, or nodes that were away would not hear of it. */
  readonly value: FleetJson;
}

/** A change as it is kept. */
export interface FleetRecord extends NewRecord {
  /** The head that it made. */
  readonly revision: number;
}

/** What a write was planned on. */
export interface WriteBase extends FleetHead {
  /** Revision of the change of the same key that it follows, 0 for none; left out, any is taken. */
  readonly ofKey?: number;
}

/** What came of a write. */
export type WriteOutcome =
  | { readonly outcome: "written"; readonly revision: number }
  /** The head or the key has moved, or the fleet is another; nothing was stored. */
  | { readonly outcome: "conflict" };

/** How a node stands to the fleet. */
export type FleetState = "unfounded" | "following" | "offline" | "diverged" | "repairing";

/** An app that a node cannot run as the fleet wants it. */
export interface FailedApp {
  readonly app: string;
  /** Of the record that it cannot carry out. */
  readonly revision: number;
  readonly error: string;
}

/** What a node says of itself; engines carry it as JSON and look at the name only. */
export interface NodeReport {
  readonly name: string;
  /** Where its admin API can be asked, if anywhere. */
  readonly address: string | null;
  /** Of NANO. */
  readonly version: string;
  readonly role: "full" | "serve";
  /** Milliseconds since the epoch of computers. */
  readonly startedAt: number;
  /** Made up at each start: two processes of one identity differ in it. Left out by older NANOs, as `at` and `why` are. */
  readonly instance?: string;
  /** When it was said, by the node's clock. */
  readonly at?: number;
  readonly state: FleetState;
  /** Why it is in its state; null while it follows. */
  readonly why?: string | null;
  /** The fleet that it belongs to; `null` when none yet. */
  readonly epoch: string | null;
  /** The newest change that it has taken in. */
  readonly revision: number;
  readonly appsUp: number;
  /** Versions whose files are on their way to it; a NANO that brings them before their app is in force does not say. */
  readonly filesComing?: number;
  readonly failed: readonly FailedApp[];
  /** Of its nano.json; nodes whose fingerprints differ have drifted apart. */
  readonly configFingerprint: string | null;
  readonly memoryBytes: number;
}

/** A report as the engine has it. */
export interface HeardReport extends NodeReport {
  /** When it was heard, by the engine's clock. */
  readonly heardAt: number;
}

/**
 * A meeting place for nodes, never the only copy of anything.
 *
 * Order carries correctness: {@linkcode FleetStore.write} takes effect only on the head that it was planned on.
 * {@linkcode FleetStore.onChange} is a hint to look sooner. All methods have deadlines (15 s, archives 30 s without a byte)
 * and may be called at any time, also while the engine is away: they throw a {@linkcode NanoError} FLEET_UNAVAILABLE when
 * it cannot be asked, and later calls find it again by themselves.
 */
export interface FleetStore extends AsyncDisposable {
  /** Which engine this is. */
  readonly engine: "memory" | "nats" | "postgres";

  /** Where the engine stands; all writes that were acknowledged before it was asked are counted. */
  head(): Promise<FleetHead>;

  /**
   * Makes a fleet of an engine. The head moves by it.
   * @param epoch random; from now on the engine's
   * @param replacing the epoch that stands there now, when a fleet is to be replaced: its records stay as they are
   * @returns whether `epoch` stands there now: not when another one than `replacing` did
   */
  found(epoch: string, replacing?: string | null): Promise<boolean>;

  /**
   * The newest change of each key that is newer than `revision`, in order of revisions, tombstones too. A key that is
   * changed meanwhile may come twice.
   * @throws {NanoError} FLEET_UNAVAILABLE in the middle too; what came until then is whole and in order
   */
  since(revision: number): AsyncIterable<FleetRecord>;

  /**
   * Stores a change if the head is still `expected`, whatever key moved it, and the key too: a node that was told of the
   * head by one server and of the changes by another that was behind must not write over what it has not seen. When this
   * throws it is not known whether it was stored: the record's `id` tells.
   * @throws {NanoError} USAGE when the record is longer than {@linkcode MAX_RECORD_BYTES}
   */
  write(record: NewRecord, expected: WriteBase): Promise<WriteOutcome>;

  /**
   * Keeps an archive; the same one again costs nothing, and starts its grace anew. Takes the stream in any case.
   * @param sha256 of the archive, as 64 hexadecimal digits
   * @throws {NanoError} USAGE when the bytes have another digest; then nothing is kept
   */
  putBlob(sha256: string, archive: ReadableStream<Uint8Array>): Promise<void>;

  /**
   * An archive, or `null` when there is none. The stream fails when bytes are missing; its digest is checked by who
   * reads it, before it is unpacked.
   */
  getBlob(sha256: string): Promise<ReadableStream<Uint8Array> | null>;

  /**
   * Removes archives that nobody needs and that have been there for {@linkcode BLOB_GRACE_MS}. For the holder of the
   * lease `sweep`.
   * @returns how many it removed
   */
  removeBlobs(keep: ReadonlySet<string>): Promise<number>;

  /**
   * Takes a lease for {@linkcode LEASE_MS}, or renews it.
   * @param holder who has it may ask again; differs between processes
   * @returns whether `holder` has it now
   */
  lease(name: string, holder: string): Promise<boolean>;

  /** Gives a lease back before its time; nothing happens when `holder` has it not. */
  release(name: string, holder: string): Promise<void>;

  /**
   * Takes something that is there once, such as the turn of a cron; it cannot be given back and stands for
   * {@linkcode CLAIM_MS}.
   * @param holder one that is new for each attempt: asking again after no answer tells the same
   * @returns whether `holder` has it
   */
  claim(name: string, holder: string): Promise<boolean>;

  /** Tells the others of this node, for {@linkcode NODE_SEEN_MS}. */
  announce(node: NodeReport): Promise<void>;

  /** Who has announced itself lately, by name. */
  nodes(): Promise<readonly HeardReport[]>;

  /** Calls `listener` when something may have changed; it may come late, for nothing, or never. */
  onChange(listener: () => void): Disposable;
}

/** That an engine cannot be asked, and why. */
export function fleetUnavailable(action: string, cause: unknown): NanoError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new NanoError("FLEET_UNAVAILABLE", `Cannot ${action}: ${why}`, { cause });
}
