/** A node's own copy of the fleet's state, and the rules that keep it from ever going back; does no I/O but nano.db. */
import { messageOf, NanoError } from "../errors.ts";
import type { HeldMark, HeldRecord } from "../store/fleet_rows.ts";
import { appKey, appOfKey, heldOf, readRecord } from "./app_record.ts";
import { FailedRecords, MissingArchive } from "./failed_records.ts";
import type { FleetRecord, FleetState } from "./fleet_store.ts";
import { compareAll, Comparison, LossSuspicion, writeAgain } from "./lost_records.ts";
import { HeldMarks } from "./held_marks.ts";
import { NewApps } from "./new_apps.ts";
import { type ReplicaTools, Unfetched } from "./replica_tools.ts";

/** The copy. */
export class Replica {
  readonly failures: FailedRecords;
  readonly #tools: ReplicaTools;
  readonly #held = new HeldMarks();
  readonly #suspicion: LossSuspicion;
  readonly #missing: MissingArchive;
  /** Null before the engine was asked: so the first state is told, whatever it is. */
  #state: FleetState | null = null;
  #why: string | null = "the engine has not been asked yet";
  #pulling: Promise<void> | null = null;
  #again = false;
  readonly comparison: Comparison;
  /** The engine gets at once what it lacks: a fleet is being founded. */
  #isFounding = false;
  #isAdopting = false;
  #isClosed = false;
  constructor(tools: ReplicaTools) {
    this.#tools = tools;
    this.#suspicion = new LossSuspicion(tools.clock);
    this.comparison = new Comparison(tools.clock);
    this.failures = new FailedRecords(tools.clock);
    this.#missing = new MissingArchive(tools.clock);
    this.#held.read(this.#tools.rows);
    this.failures.addAll(this.#held.all());
  }

  get state(): FleetState {
    return this.#state ?? "offline";
  }

  /** Why it is in its state; null while it follows. */
  get why(): string | null {
    return this.#why;
  }

  /** Up to which every change is known here. */
  get revision(): number {
    return this.#tools.rows.mark().revision;
  }

  /** Whether it has not been told of all that the fleet has yet; who founds one has all of it. */
  get isJoining(): boolean {
    return this.epoch !== null && this.revision === 0 && !this.#held.hasUnwritten;
  }

  get epoch(): string | null {
    return this.#tools.rows.mark().epoch;
  }

  held(key: string): HeldMark | null {
    return this.#held.get(key) ?? null;
  }

  /** Takes what is new; settles when everything that was there when it was called has been looked at. Never rejects. */
  pull(): Promise<void> {
    if (this.#pulling !== null) {
      this.#again = true;
      return this.#pulling;
    }
    return this.#pulling = this.#pullAll().finally(() => this.#pulling = null);
  }

  /** No pull takes anything any more; settles when the last one has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pulling;
  }

  /** A change of this node was kept with its record. */
  kept(held: HeldRecord): void {
    this.#held.hold(held);
    this.failures.remove(held.key);
    const { epoch, revision } = this.#tools.rows.mark();
    // Nobody wrote in between: there is nothing to pull.
    if (held.revision === revision + 1) this.#tools.rows.setMark({ epoch, revision: held.revision });
  }

  /**
   * Makes what this node has the state of a new fleet.
   * @param added records of what no fleet knew
   * @param replacing epoch of the fleet that goes, or null
   * @returns false when another fleet is there; nothing has changed then
   */
  async found(added: readonly Omit<HeldRecord, "revision" | "why">[], replacing: string | null): Promise<boolean> {
    const { rows, store } = this.#tools;
    await this.#pulling;
    const epoch = crypto.randomUUID();
    const before = rows.mark();
    // Kept first: whatever happens then, this node knows the fleet for its own.
    rows.begin(epoch, added);
    this.#held.read(this.#tools.rows);
    let isFounded = false;
    try {
      isFounded = await store.found(epoch, replacing);
    } finally {
      if (!isFounded && (await store.head().catch(() => null))?.epoch !== epoch) rows.setMark(before);
    }
    if (!isFounded) return false;
    this.#isFounding = true;
    await this.pull();
    return true;
  }

  /** Takes the engine's fleet for this node's, whatever it has. */
  async adopt(): Promise<void> {
    await this.#pulling;
    this.#tools.rows.leave();
    this.#held.read(this.#tools.rows);
    this.failures.clear();
    this.#isAdopting = true;
    await this.pull();
  }

  /** Tries records again that could not be in force here. @param all also those whose turn has not come */
  async retry({ all = false } = {}): Promise<void> {
    for (const key of this.failures.due({ all })) {
      const held = this.#isClosed ? null : this.#tools.rows.record(key);
      if (held === null) continue;
      try {
        await this.#applyHeld({ ...held, why: null }, () => this.#held.get(key)?.changeId === held.changeId);
      } catch (error) {
        if (!(error instanceof Unfetched)) throw error;
        this.failures.add(key, held.revision, error.message);
      }
    }
  }

  async #pullAll(): Promise<void> {
    do {
      this.#again = false;
      try {
        if (!this.#isClosed) await this.#pullOnce();
      } catch (error) {
        this.#become("offline", messageOf(error));
      }
    } while (this.#again && !this.#isClosed);
  }

  async #pullOnce(): Promise<void> {
    const { rows, store } = this.#tools;
    const head = await store.head();
    const mark = rows.mark();
    if (head.epoch === null) {
      if (mark.epoch === null) this.#become("unfounded", "no fleet has been founded: nano fleet found");
      else this.#become("diverged", "the engine is empty: nano fleet restore gives it what this node has");
      return;
    }
    if (mark.epoch === null) {
      if (!await this.#join(head.epoch)) return;
    } else if (head.epoch !== mark.epoch) {
      this.#become("diverged", "the engine holds another fleet: nano fleet join --replace, or nano fleet restore");
      return;
    }
    const { revision } = rows.mark();
    const [wasFollowing, isBehind] = [this.#state === "following", head.revision < revision];
    if (!isBehind && !this.#isFounding) {
      const last = await this.#take(store.since(revision), false);
      rows.setMark({ epoch: head.epoch, revision: Math.max(last, head.revision, rows.mark().revision) });
    }
    // A node that was away may have missed a loss, too; one that repairs is not following.
    if ((isBehind || this.#isFounding || this.comparison.isDue || !wasFollowing) && !await this.#compare(head.epoch)) {
      return;
    }
    this.#become("following", null);
  }

  /** The first time. @returns false when it may not */
  async #join(epoch: string): Promise<boolean> {
    const { rows, store, keptApps } = this.#tools;
    if (!this.#isAdopting && keptApps().length > 0) {
      this.#become("diverged", "this node has apps that no fleet knows: nano fleet join --replace gives them up");
      return false;
    }
    if (this.#isAdopting) {
      const there = new Set<string>();
      for await (const { key } of store.since(0)) there.add(appOfKey(key) ?? key);
      for (const app of keptApps()) if (!there.has(app)) await this.#drop(app);
      this.#isAdopting = false;
    }
    rows.setMark({ epoch, revision: 0 });
    return true;
  }

  /** An app that the fleet does not have. */
  async #drop(app: string): Promise<void> {
    const key = appKey(app);
    const gone = { key, revision: 0, changeId: "", format: 0, value: null, why: null };
    await this.#applyHeld(gone, () => true);
    this.#tools.rows.forget(key);
    this.#held.forget(key);
  }

  /** @param anew whether one of the same revision and another change counts as news @returns the last revision */
  async #take(records: AsyncIterable<FleetRecord> | Iterable<FleetRecord>, anew: boolean): Promise<number> {
    let last = 0;
    const newApps = new NewApps({
      applyAll: this.#tools.applyAll,
      held: (key) => this.#held.get(key),
      onKept: (held) => this.#held.hold(held),
      takeOne: (held, isNews) => this.#takeOne(held, isNews),
    });
    for await (const record of records) {
      if (this.#isClosed) break;
      const isNews = () => this.#held.isNews(record, anew);
      if (isNews()) await newApps.take(heldOf(record), isNews);
      last = Math.max(last, record.revision);
    }
    if (!this.#isClosed) await newApps.end();
    return last;
  }

  async #takeOne(held: HeldRecord, isNews: () => boolean): Promise<void> {
    const { key, revision, changeId } = held;
    const mine = this.#held.get(key);
    if (mine?.changeId === changeId) {
      this.#tools.rows.setRevision(key, revision);
      this.#held.hold({ ...mine, revision });
      return;
    }
    try {
      await this.#applyHeld(held, isNews);
      this.#missing.end();
    } catch (error) {
      if (!(error instanceof Unfetched)) throw error;
      if (this.#missing.isTooLong(`${key} ${revision}`)) return this.#fail(held, error.message);
      throw error;
    }
  }

  async #applyHeld(held: HeldRecord, isNews: () => boolean): Promise<void> {
    const app = appOfKey(held.key);
    const read = readRecord(held);
    // Kept for a NANO that knows what it is.
    if (app === null || "why" in read) return this.#fail(held, "why" in read ? read.why : "it is about no app");
    try {
      await this.#tools.apply({ held, record: read.record, isNews });
    } catch (error) {
      if (error instanceof Unfetched || (error instanceof NanoError && error.code === "APP_DRAINING")) throw error;
      const why = error instanceof NanoError && error.details.length > 0 ? error.details.join("; ") : messageOf(error);
      // Where each node has its turn, one that tries often would keep it.
      const own = error instanceof NanoError && error.code === "INTERNAL" && this.#tools.applyAll !== undefined;
      return this.#fail(held, why, { own });
    }
    this.failures.remove(held.key);
    if (isNews() || this.#held.get(held.key)?.changeId === held.changeId) this.#held.hold(held);
  }

  #fail(held: HeldRecord, why: string, { own = false } = {}): void {
    this.#tools.rows.put({ ...held, why });
    this.#held.hold({ ...held, why });
    if (this.failures.add(held.key, held.revision, why, { own })) {
      this.#tools.onFailed(appOfKey(held.key) ?? held.key, held.revision, why);
    }
  }

  /** Looks at all keys. @returns false when the engine lacks what this node has */
  async #compare(epoch: string): Promise<boolean> {
    const { rows, store } = this.#tools;
    const take = (there: Iterable<FleetRecord>) => this.#take(there, true);
    const compared = await compareAll(this.#tools, this.#isFounding ? null : take);
    const { lost, surplus } = compared;
    this.comparison.done();
    if (lost.length + surplus.length === 0) {
      this.#suspicion.end();
      this.#isFounding = false;
      const { revision } = await store.head();
      // A head that was behind for a moment only, or was brought up again by another node.
      if (revision < rows.mark().revision) rows.setMark({ epoch, revision });
      return true;
    }
    this.#become("repairing", `the engine lacks ${lost.length} of this node's records`);
    // One look may have met a server that was behind itself.
    if (this.#tools.isReader || (!this.#isFounding && !this.#suspicion.isConfirmed())) return false;
    const written = await writeAgain(compared, epoch, this.#tools);
    rows.setMark({ epoch, revision: written });
    this.#held.read(this.#tools.rows);
    this.#tools.onRepaired(lost.length);
    this.#suspicion.end();
    this.#isFounding = false;
    return true;
  }

  #become(state: FleetState, why: string | null): void {
    const isOther = state !== this.#state;
    [this.#state, this.#why] = [state, why];
    if (isOther) this.#tools.onState(state, why);
  }
}
