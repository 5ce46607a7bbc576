/** An engine in this process' memory, with faults that can be switched on: what the rules of a fleet are tried on. */
import { type Clock, systemClock } from "../clock.ts";
import { digested } from "./digested.ts";
import { ENGINE_TIMES, type EngineTimes } from "./engine_config.ts";
import {
  type FleetHead,
  type FleetRecord,
  type FleetStore,
  fleetUnavailable,
  type HeardReport,
  type NewRecord,
  type NodeReport,
  type WriteBase,
  type WriteOutcome,
} from "./fleet_store.ts";
import { Hints } from "./hints.ts";
import { decodeRecord, encodeRecord } from "./record_text.ts";

/** As other engines cut archives. */
const CHUNK_BYTES = 262_144;

/** What can be wrong with an engine; each lasts until it is switched off. */
export interface EngineFaults {
  /** Nobody reaches it. */
  isGone: boolean;
  /** It gives answers and takes nothing, as one whose disk is full. */
  isFull: boolean;
  /** Writes are stored, but their acknowledgements are lost. */
  losesAnswers: boolean;
  /** Nobody is told of changes. */
  losesHints: boolean;
  /** Archives that are said to be missing. */
  readonly missingBlobs: Set<string>;
}

interface Held {
  readonly holder: string;
  readonly until: number;
}

/** What several stores share. */
export class MemoryEngine {
  readonly faults: EngineFaults = {
    isGone: false,
    isFull: false,
    losesAnswers: false,
    losesHints: false,
    missingBlobs: new Set(),
  };
  readonly #clock: Clock;
  readonly #times: EngineTimes;
  readonly #hints = new Hints();
  /** Everything that was ever written, so that the newest can be forgotten. */
  #written: { readonly key: string; readonly revision: number; readonly bytes: Uint8Array }[] = [];
  #epoch: string | null = null;
  #revision = 0;
  #blobs = new Map<string, { readonly chunks: readonly Uint8Array[]; readonly keptAt: number }>();
  #held = new Map<string, Held>();
  #nodes = new Map<string, { readonly report: string; readonly until: number; readonly heardAt: number }>();

  constructor(clock: Clock = systemClock, times: EngineTimes = ENGINE_TIMES) {
    this.#clock = clock;
    this.#times = times;
  }

  /** A handle as a node has it. */
  open(): FleetStore {
    return new MemoryStore(this);
  }

  /** Loses all there is, as when its disks are wiped. */
  wipe(): void {
    this.#written = [];
    this.#epoch = null;
    this.#revision = 0;
    this.#blobs.clear();
    this.#held.clear();
    this.#nodes.clear();
    this.#tell();
  }

  /** Loses the newest changes, as when power is cut before they are on disk. */
  forget(changes: number): void {
    this.#written.splice(Math.max(0, this.#written.length - changes));
    this.#revision = this.#written.at(-1)?.revision ?? 1;
    this.#tell();
  }

  /** Becomes the engine of another fleet. */
  becomeOther(epoch: string): void {
    this.#epoch = epoch;
    this.#revision++;
    this.#tell();
  }

  /** @throws {NanoError} FLEET_UNAVAILABLE while it is gone */
  reach(action: string, { isWrite = false } = {}): void {
    if (this.faults.isGone) throw fleetUnavailable(action, new Error("the engine is gone"));
    if (isWrite && this.faults.isFull) throw fleetUnavailable(action, new Error("the engine is full"));
  }

  head(): FleetHead {
    return { epoch: this.#epoch, revision: this.#revision };
  }

  found(epoch: string, replacing: string | null): boolean {
    if (this.#epoch === epoch) return true;
    if (this.#epoch !== replacing) return false;
    this.#epoch = epoch;
    this.#revision++;
    this.#tell();
    return true;
  }

  since(revision: number): FleetRecord[] {
    const newest = new Map(this.#written.map((one) => [one.key, one]));
    return [...newest.values()].filter((one) => one.revision > revision).sort((a, b) => a.revision - b.revision)
      .map((one) => decodeRecord(one.bytes, one.revision));
  }

  write(record: NewRecord, expected: WriteBase): WriteOutcome {
    const bytes = encodeRecord(record);
    if (this.#epoch === null || this.#epoch !== expected.epoch || this.#revision !== expected.revision) {
      return { outcome: "conflict" };
    }
    const { ofKey } = expected;
    const newest = this.#written.findLast(({ key }) => key === record.key)?.revision ?? 0;
    if (ofKey !== undefined && ofKey !== newest) return { outcome: "conflict" };
    this.#revision++;
    this.#written.push({ key: record.key, revision: this.#revision, bytes });
    this.#tell();
    if (this.faults.losesAnswers) throw fleetUnavailable("write to the fleet", new Error("no answer came"));
    return { outcome: "written", revision: this.#revision };
  }

  hasBlob(sha256: string): boolean {
    return this.#blobs.has(sha256);
  }

  keepBlob(sha256: string, chunks: readonly Uint8Array[] | null): void {
    this.#blobs.set(sha256, { chunks: chunks ?? this.#blobs.get(sha256)?.chunks ?? [], keptAt: this.#clock.now() });
  }

  blob(sha256: string): readonly Uint8Array[] | null {
    if (this.faults.missingBlobs.has(sha256)) return null;
    return this.#blobs.get(sha256)?.chunks ?? null;
  }

  removeBlobs(keep: ReadonlySet<string>): number {
    const before = this.#clock.now() - this.#times.blobGraceMs;
    const old = [...this.#blobs].filter(([sha256, { keptAt }]) => !keep.has(sha256) && keptAt <= before);
    for (const [sha256] of old) this.#blobs.delete(sha256);
    return old.length;
  }

  /** Takes a lease. */
  lease(name: string, holder: string): boolean {
    return this.#take(`lease.${name}`, holder, this.#times.leaseMs);
  }

  /** Takes a claim, which is not renewed. */
  claim(name: string, holder: string): boolean {
    const held = this.#held.get(`claim.${name}`);
    if (held && held.until > this.#clock.now()) return held.holder === holder;
    return this.#take(`claim.${name}`, holder, this.#times.claimMs);
  }

  release(name: string, holder: string): void {
    if (this.#held.get(`lease.${name}`)?.holder === holder) this.#held.delete(`lease.${name}`);
  }

  announce(node: NodeReport): void {
    const until = this.#clock.now() + this.#times.nodeSeenMs;
    this.#nodes.set(node.name, { report: JSON.stringify(node), until, heardAt: this.#clock.wall() });
  }

  nodes(): HeardReport[] {
    const seen = [...this.#nodes.values()].filter(({ until }) => until > this.#clock.now());
    return seen.map(({ report, heardAt }): HeardReport => ({ ...JSON.parse(report) as NodeReport, heardAt }))
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  listen(listener: () => void): Disposable {
    return this.#hints.listen(listener);
  }

  #take(name: string, holder: string, forMs: number): boolean {
    const now = this.#clock.now();
    const held = this.#held.get(name);
    if (held && held.until > now && held.holder !== holder) return false;
    this.#held.set(name, { holder, until: now + forMs });
    return true;
  }

  #tell(): void {
    if (this.faults.losesHints) return;
    queueMicrotask(() => this.#hints.tell());
  }
}

/** A node's handle; what it hands out and takes in are copies, as with any other engine. */
class MemoryStore implements FleetStore {
  readonly engine = "memory";
  readonly #engine: MemoryEngine;
  readonly #listening = new DisposableStack();
  #isClosed = false;

  constructor(engine: MemoryEngine) {
    this.#engine = engine;
  }

  async head(): Promise<FleetHead> {
    return (await this.#reach("ask the fleet's engine for its newest change")).head();
  }

  async found(epoch: string, replacing: string | null = null): Promise<boolean> {
    return (await this.#toWrite("found a fleet")).found(epoch, replacing);
  }

  async *since(revision: number): AsyncGenerator<FleetRecord, void> {
    for (const record of (await this.#reach("read the fleet's changes")).since(revision)) {
      yield record;
      await this.#reach("read the fleet's changes");
    }
  }

  async write(record: NewRecord, expected: WriteBase): Promise<WriteOutcome> {
    return (await this.#toWrite("write to the fleet")).write(record, expected);
  }

  async putBlob(sha256: string, archive: ReadableStream<Uint8Array>): Promise<void> {
    const isThere = this.#engine.hasBlob(sha256);
    if (isThere) await archive.cancel();
    const chunks = isThere ? null : await Array.fromAsync(digested(archive, { sha256, chunkBytes: CHUNK_BYTES }));
    (await this.#toWrite("keep an archive")).keepBlob(sha256, chunks);
  }

  async getBlob(sha256: string): Promise<ReadableStream<Uint8Array> | null> {
    const chunks = (await this.#reach("fetch an archive")).blob(sha256);
    return chunks && ReadableStream.from(chunks.map((chunk) => chunk.slice()));
  }

  async removeBlobs(keep: ReadonlySet<string>): Promise<number> {
    return (await this.#toWrite("remove archives")).removeBlobs(keep);
  }

  async lease(name: string, holder: string): Promise<boolean> {
    return (await this.#toWrite("take a lease")).lease(name, holder);
  }

  async release(name: string, holder: string): Promise<void> {
    (await this.#toWrite("give a lease back")).release(name, holder);
  }

  async claim(name: string, holder: string): Promise<boolean> {
    return (await this.#toWrite("claim a turn")).claim(name, holder);
  }

  async announce(node: NodeReport): Promise<void> {
    (await this.#toWrite("announce this node")).announce(node);
  }

  async nodes(): Promise<readonly HeardReport[]> {
    return (await this.#reach("read the fleet's nodes")).nodes();
  }

  onChange(listener: () => void): Disposable {
    return this.#listening.use(this.#engine.listen(listener));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#listening.dispose();
    return Promise.resolve();
  }

  #toWrite(action: string): Promise<MemoryEngine> {
    return this.#reach(action, { isWrite: true });
  }

  async #reach(action: string, how = { isWrite: false }): Promise<MemoryEngine> {
    await Promise.resolve();
    if (this.#isClosed) throw fleetUnavailable(action, new Error("this store is closed"));
    this.#engine.reach(action, how);
    return this.#engine;
  }
}
