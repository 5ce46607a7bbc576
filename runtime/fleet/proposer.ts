/** Writes this node's changes to the engine: each at its place in the order of all changes, or not at all. */
import type { Clock } from "../clock.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { FleetRows, HeldRecord } from "../store/fleet_rows.ts";
import { appKey, type AppRecord, NO_RECORD, readRecord, RECORD_FORMAT, versionNumberOf } from "./app_record.ts";
import { PlanAgain, type Proposal } from "./fleet_gate.ts";
import { type FleetJson, type FleetRecord, type FleetStore, MAX_RECORD_BYTES } from "./fleet_store.ts";

/** A change holds up all others of its node; an election of NATS takes 4 to 9 s. */
const PROPOSE_MS = 20_000;
/** Between two tries at an engine that gave no answer. */
const RETRY_MS = 200;
/** Between two tries when another node was quicker, times a random part. */
const CONFLICT_MS = 30;

/** What a proposer works with. */
export interface ProposerTools {
  readonly store: Pick<FleetStore, "head" | "since" | "write">;
  readonly rows: FleetRows;
  readonly clock: Clock;
  /** Name of this node. */
  readonly node: string;
  /** As `VersionFiles.isPlain`. */
  readonly isPlain: (app: string, version: string) => boolean | null;
  /** The engine has changes that no pull has brought. */
  readonly onUnseen: () => void;
  /** 0 to 1; for tests. */
  readonly random?: () => number;
}

/** Writes changes. */
export class Proposer {
  readonly #tools: ProposerTools;
  conflicts = 0;

  constructor(tools: ProposerTools) {
    this.#tools = tools;
  }

  /** The record that a proposal makes. @throws {NanoError} USAGE when it is too long, CONFLICT over a newer NANO's */
  recordOf({ app, row, versions, by, archive }: Proposal): AppRecord {
    const before = recordBefore(app, this.#tools.rows);
    const known = new Map(before.versions.map((one) => [one.version, one]));
    const whole = versions.map((version) => {
      const had = known.get(version.version);
      const digest = had?.digest ?? archive?.digest ?? this.#tools.rows.digestOf(app, version.version);
      if (digest === null) {
        throw new NanoError(
          "INTERNAL",
          `Cannot change app "${app}": nothing is known of its version "${version.version}"`,
        );
      }
      const plain = had?.plain ?? this.#tools.isPlain(app, version.version);
      return { ...had, ...version, digest, ...plain === null ? {} : { plain } };
    });
    const last = Math.max(before.last, ...versions.map(({ version }) => versionNumberOf(version)));
    // What a newer NANO of the same format has written beside what this one knows stays with what it is about.
    const record: AppRecord = {
      ...before,
      last,
      row: row === null ? null : { ...before.row, ...row },
      versions: whole,
      by: { ...by, node: this.#tools.node },
    };
    const bytes = JSON.stringify(record).length;
    if (bytes <= MAX_RECORD_BYTES) return record;
    throw new NanoError(
      "USAGE",
      `Cannot change app "${app}": its record has ${bytes} bytes, ${MAX_RECORD_BYTES} are taken`,
    );
  }

  /** @throws {PlanAgain}, {NanoError} FLEET_UNAVAILABLE */
  async write(
    app: string,
    record: AppRecord,
    { expected: from, ofKey }: { readonly expected: number; readonly ofKey: number },
  ): Promise<HeldRecord> {
    const { clock, store, rows } = this.#tools;
    const key = appKey(app);
    const id = crypto.randomUUID();
    const until = clock.now() + PROPOSE_MS;
    const claims = claimsOf(record);
    const isNew = claims !== claimsOf(recordBefore(app, this.#tools.rows));
    const { epoch } = rows.mark();
    const value = record as unknown as FleetJson;
    let expected = from;
    for (;;) {
      let error: unknown = null;
      try {
        const base = { epoch, revision: expected, ofKey };
        const written = await store.write({ key, id, format: RECORD_FORMAT, value }, base);
        if (written.outcome === "written") return heldOf(key, id, written.revision, record);
        this.conflicts++;
      } catch (thrown) {
        if (thrown instanceof NanoError && thrown.code === "USAGE") throw thrown;
        error = thrown;
      }
      await this.#pause(error === null ? CONFLICT_MS * (this.#tools.random ?? Math.random)() : RETRY_MS);
      const news = await this.#newsSince(expected);
      const mine = news?.records.find((one) => one.key === key);
      // An earlier try may have been heard although nobody answered.
      if (mine?.id === id) return heldOf(key, id, mine.revision, record);
      if (news !== null && news.epoch !== epoch) throw new PlanAgain("The engine holds another fleet");
      if (mine !== undefined || (news?.records ?? []).some((one) => isNew || this.#claimsAnew(one))) {
        throw new PlanAgain("Another node was quicker");
      }
      if (error === null && news !== null && news.revision <= expected) {
        // Nobody was quicker: there is a change of this app that this node was never told of.
        this.#tools.onUnseen();
        throw new PlanAgain("This node has missed a change");
      }
      expected = Math.max(expected, news?.revision ?? 0);
      if (clock.now() < until) continue;
      if (error === null) throw new PlanAgain("Other nodes were quicker");
      const text = `Cannot change app "${app}": the fleet's engine cannot be used (${messageOf(error)})`;
      throw new NanoError("FLEET_UNAVAILABLE", text, { cause: error });
    }
  }

  /** @returns null when the engine gives no answer */
  async #newsSince(
    revision: number,
  ): Promise<
    { readonly epoch: string | null; readonly revision: number; readonly records: readonly FleetRecord[] } | null
  > {
    const { store } = this.#tools;
    try {
      const head = await store.head();
      const records: FleetRecord[] = [];
      for await (const record of store.since(revision)) records.push(record);
      return { epoch: head.epoch, revision: Math.max(head.revision, ...records.map((one) => one.revision)), records };
    } catch {
      return null;
    }
  }

  /** Whether a record changes which names and hosts are taken, so that a plan made without it may collide with it. */
  #claimsAnew({ key, format, value }: FleetRecord): boolean {
    const held = this.#tools.rows.record(key);
    const now = readRecord({ format, value: value === null ? null : JSON.stringify(value) });
    const before = readRecord(held);
    return "why" in now || "why" in before || claimsOf(now.record) !== claimsOf(before.record);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#tools.clock.after(ms, resolve));
  }
}

/**
 * What a change of an app begins at.
 * @throws {NanoError} CONFLICT when a newer NANO has written it: what this one does not know of it would be lost
 */
export function recordBefore(app: string, rows: Pick<FleetRows, "record">): AppRecord {
  const read = readRecord(rows.record(appKey(app)));
  if ("record" in read) return read.record;
  if (read.isNewer) throw new NanoError("CONFLICT", `Cannot change app "${app}" on this node: ${read.why}`);
  return NO_RECORD;
}

function heldOf(key: string, changeId: string, revision: number, record: AppRecord): HeldRecord {
  return { key, revision, changeId, format: RECORD_FORMAT, value: JSON.stringify(record), why: null };
}

/** All of a record that other apps may collide with. */
function claimsOf({ row, versions }: AppRecord): string {
  const hosts = versions.map(({ previewHost }) => previewHost).filter((host) => host !== null);
  return JSON.stringify([row?.entry ?? null, row?.patch ?? null, row?.hides ?? null, hosts]);
}
