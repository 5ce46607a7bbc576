/** What a replica works with, and how a node and its fleet stand. */
import type { Clock } from "../clock.ts";
import type { FleetRows, HeldRecord } from "../store/fleet_rows.ts";
import type { AppRecord } from "./app_record.ts";
import type { FleetState, FleetStore } from "./fleet_store.ts";

/** A version's archive cannot be had now: no fault of the app. */
export class Unfetched extends Error {
  override readonly name = "Unfetched";
}

/** A record of an app that is to be in force. */
export interface NewsOfApp {
  readonly held: HeldRecord;
  readonly record: AppRecord;
  /** Asked in the turn in which it happens: false when it is old by then. */
  readonly isNews: () => boolean;
}

/** What a replica works with. */
export interface ReplicaTools {
  readonly store: Pick<FleetStore, "head" | "since" | "write" | "found">;
  readonly rows: FleetRows;
  readonly clock: Clock;
  /** Whether this node writes nothing to the engine, not even what that has forgotten. */
  readonly isReader: boolean;
  /** Names of apps that something is kept about, whether a fleet knows them or not. */
  readonly keptApps: () => readonly string[];
  /**
   * Puts a record in force and keeps it, both or none.
   * @throws {Unfetched}, {NanoError} why it cannot be in force here
   */
  readonly apply: (news: NewsOfApp) => Promise<void>;
  /**
   * The same of many apps that are new here, all or none; left out where each has its turn.
   * @throws when it cannot: each is tried by itself then
   */
  readonly applyAll?: ((all: readonly NewsOfApp[]) => Promise<void>) | undefined;
  /** Gives the engine the archives that a record names. @throws when it cannot take them now */
  readonly offer: (record: AppRecord) => Promise<void>;
  /** Told of each change of the state. */
  readonly onState: (state: FleetState, why: string | null) => void;
  /** Told of each record that cannot be in force here. */
  readonly onFailed: (app: string, revision: number, why: string) => void;
  /** Told of records that the engine had forgotten and was given again. */
  readonly onRepaired: (count: number) => void;
}
