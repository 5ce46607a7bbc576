/** What a change asks of the fleet before it is in force: a place in the order of all changes. */
import type { FleetView } from "../terms/fleet_operations.ts";
import type { HeldRecord } from "../store/fleet_rows.ts";
import type { ComingFiles } from "./coming_files.ts";
import type { AppRecord, ChangedBy, FleetVersion } from "./app_record.ts";

/** The head has moved: whoever planned a change has to plan it again from what is in force by then. */
export class PlanAgain extends Error {
  override readonly name = "PlanAgain";
}

/** An app as a change leaves it. */
export interface Proposal {
  readonly app: string;
  readonly row: AppRecord["row"];
  /** Newest first. */
  readonly versions: readonly Omit<FleetVersion, "digest">[];
  readonly by: Omit<ChangedBy, "node">;
  /** Revision that the plan was made from, as {@linkcode FleetGate.revision} was in the same turn. */
  readonly expected: number;
  /** Archive of a version that is new. */
  readonly archive: { readonly path: string; readonly digest: string } | null;
}

/** The fleet as changes see it. */
export interface FleetGate {
  /** Up to which every change is known here. */
  readonly revision: number;
  /**
   * Settles when this node is up to date and may change something.
   * @throws {NanoError} FLEET_UNAVAILABLE, CONFLICT on a node that only serves
   */
  ready(verb: string): Promise<void>;
  /** The newest record of an app that is not in force here, or null: the next change has to begin at it. */
  ahead(app: string): AppRecord | null;
  /** Number of the newest version that an app ever had. @throws {NanoError} CONFLICT over what a newer NANO has written */
  lastVersion(app: string): number;
  /**
   * Writes a change to the fleet; the caller keeps the record together with the change.
   * @throws {PlanAgain}, {NanoError} FLEET_UNAVAILABLE
   */
  propose(proposal: Proposal): Promise<HeldRecord>;
  /** Files that are on their way here. */
  readonly coming: Pick<ComingFiles, "has">;
  /** Told when the record was kept. */
  kept(record: HeldRecord): void;
}

/** The fleet as its operators see it. */
export interface FleetNode extends FleetGate {
  view(): Promise<FleetView>;
  /** Revision of an app's record that this node holds, or null. */
  revisionOf(app: string): number | null;
  /** As `FleetOperations.found` and `restore`. */
  found(replace: boolean, verb: string): Promise<void>;
  join(replace: boolean, verb: string): Promise<void>;
  retry(): Promise<void>;
}
