/** This node's own changes on their way into the fleet: when they may be made, and how they get their place. */
import { messageOf, NanoError } from "../errors.ts";
import type { HeldRecord } from "../store/fleet_rows.ts";
import { appKey, type AppRecord, NO_RECORD, readRecord } from "./app_record.ts";
import type { Proposal } from "./fleet_gate.ts";
import type { FleetTools } from "./fleet_tools.ts";
import type { Membership } from "./membership.ts";
import { type Proposer, recordBefore } from "./proposer.ts";
import type { Replica } from "./replica.ts";
import type { VersionFiles } from "./version_files.ts";

/** A change waits so long for an engine that was there a moment ago: an election takes 4 to 9 s. */
const READY_MS = 12_000;
const READY_STEP_MS = 250;
/** Between two tries to give the engine an archive. */
const GIVE_STEP_MS = 500;

/** What it works with. */
export interface NodeChangesTools extends Pick<FleetTools, "clock"> {
  readonly config: Pick<FleetTools["config"], "role">;
  readonly state: Pick<FleetTools["state"], "fleet">;
  readonly replica: Replica;
  readonly proposer: Proposer;
  readonly files: Pick<VersionFiles, "give">;
  readonly others: () => Pick<Membership, "known" | "refusal">;
  /** Brings this node up to date; never rejects. */
  readonly pull: () => Promise<void>;
}

/** The changes of one node. */
export class NodeChanges {
  readonly #tools: NodeChangesTools;
  #offlineSince: number | null;
  #isEnded = false;

  constructor(tools: NodeChangesTools) {
    this.#tools = tools;
    this.#offlineSince = tools.clock.now();
  }

  /** Tells whether the engine can be reached. */
  isOffline(isOffline: boolean): void {
    this.#offlineSince = isOffline ? this.#tools.clock.now() : null;
  }

  /** Nobody waits any more. */
  end(): void {
    this.#isEnded = true;
  }

  /** @throws {NanoError} CONFLICT on a node that only serves, with those that take changes */
  checkRole(verb: string): void {
    const { config, others } = this.#tools;
    if (config.role !== "serve") return;
    const full = others().known.filter(({ role }) => role === "full")
      .map(({ name, address }) => address === null ? name : `${name} (${address})`);
    const where = full.length === 0 ? "no node that takes changes is known" : `ask ${full.join(" or ")}`;
    throw new NanoError("CONFLICT", `Cannot ${verb}: this node only serves; ${where}`);
  }

  /** As `FleetGate.ready`. */
  async ready(verb: string): Promise<void> {
    const { clock, others, pull, replica } = this.#tools;
    this.checkRole(verb);
    const until = clock.now() + READY_MS;
    for (;;) {
      await pull();
      const { refusal } = others();
      if (refusal !== null) throw new NanoError("FLEET_UNAVAILABLE", `Cannot ${verb}: ${refusal}`);
      const { state, why } = replica;
      if (state === "following") return;
      const now = clock.now();
      // One that has been away for longer is not waited for: whoever asks is told at once.
      const isPassing = state === "repairing" || (state === "offline" && now - (this.#offlineSince ?? now) < READY_MS);
      if (!isPassing || now >= until || this.#isEnded) {
        throw new NanoError("FLEET_UNAVAILABLE", `Cannot ${verb}: ${why ?? "the fleet's engine cannot be reached"}`);
      }
      await this.#pause(READY_STEP_MS);
    }
  }

  /** As `FleetGate.ahead`. */
  ahead(app: string): AppRecord | null {
    const held = this.#tools.replica.held(appKey(app));
    if (held === null || held.why === null) return null;
    const read = readRecord(this.#tools.state.fleet.record(appKey(app)));
    // What a newer NANO has written stays as it is: what is in force here is what there is to see.
    if ("why" in read && read.isNewer) return null;
    return "record" in read ? read.record : NO_RECORD;
  }

  /** As `FleetGate.lastVersion`. */
  lastVersion(app: string): number {
    return recordBefore(app, this.#tools.state.fleet).last;
  }

  /** As `FleetGate.propose`. */
  async propose(proposal: Proposal): Promise<HeldRecord> {
    const { proposer, state } = this.#tools;
    const record = proposer.recordOf(proposal);
    const { app, archive, expected } = proposal;
    // Of the same turn as the record, which follows it.
    const ofKey = Math.max(0, state.fleet.record(appKey(app))?.revision ?? 0);
    const brought = archive === null ? undefined : record.versions.find(({ digest }) => digest === archive.digest);
    try {
      if (brought !== undefined) await this.#give(app, brought.version, archive!);
      return await proposer.write(app, record, { expected, ofKey });
    } catch (error) {
      // The name may be that of another node's version by now.
      if (brought !== undefined) state.fleet.forgetDigest(app, brought.version);
      throw error;
    }
  }

  async #give(app: string, version: string, archive: NonNullable<Proposal["archive"]>): Promise<void> {
    const { clock, files } = this.#tools;
    const until = clock.now() + READY_MS;
    for (;;) {
      try {
        return await files.give(app, version, archive);
      } catch (error) {
        // A full disk is this node's own fault.
        if (error instanceof NanoError && error.code === "INTERNAL") throw error;
        if (clock.now() >= until || this.#isEnded) throw engineRefusal(`keep the archive of app "${app}"`, error);
        await this.#pause(GIVE_STEP_MS);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#tools.clock.after(ms, resolve));
  }
}

/** What whoever asked is told when the engine cannot be used. */
export function engineRefusal(verb: string, cause: unknown): NanoError {
  const text = `Cannot ${verb}: the fleet's engine cannot be used (${messageOf(cause)})`;
  return new NanoError("FLEET_UNAVAILABLE", text, { cause });
}
