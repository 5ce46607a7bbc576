/** What an operator sees and does of a fleet; class Fleet fits. */
import type { ChangeRequest } from "./change_request.ts";

/** An app whose newest change is not in force on a node. */
export interface FailedAppView {
  /** The app. */
  readonly app: string;
  /** Place of the change in the order of all. */
  readonly revision: number;
  /** Why not. */
  readonly error: string;
}

/** A node as it tells of itself. */
export interface FleetNodeView {
  /** Its name. */
  readonly name: string;
  /** Whether it is the one that was asked. */
  readonly isSelf: boolean;
  /** `full`: takes changes; `serve`: follows only. */
  readonly role: "full" | "serve";
  /** Where its admin API can be asked, or null. */
  readonly address: string | null;
  /** Of NANO. */
  readonly version: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** Up to which it knows all changes. */
  readonly revision: number;
  /** How many changes it has not got yet. */
  readonly lag: number;
  /** For how long it has not had all of them, ms. */
  readonly lagMs: number;
  /** `following`, `offline`, `diverged` and so on. */
  readonly state: string;
  /** Why it is in that state, or null. */
  readonly why: string | null;
  /** By how much its clock is ahead of the engine's, ms; null when that is not known. */
  readonly clockSkewMs: number | null;
  /** How many of its apps take requests. */
  readonly appsUp: number;
  /** How many versions are known there whose files are on their way. */
  readonly filesComing: number;
  /** What does not work there. */
  readonly failed: readonly FailedAppView[];
  /** Tells its nano.json from others. */
  readonly config: string | null;
  /** Resident memory, bytes. */
  readonly memoryBytes: number;
  /** In what it differs from the others: `nano.json`, `version`, `clock`. */
  readonly drift: readonly ("nano.json" | "version" | "clock")[];
}

/** A fleet as one of its nodes sees it. */
export interface FleetView {
  /** Name of the node that was asked. */
  readonly node: string;
  /** `following`, `offline`, `diverged` and so on. */
  readonly state: string;
  /** Why it is in that state, or what is wrong while it follows; null when nothing is. */
  readonly why: string | null;
  /** Which fleet this is, or null without one. */
  readonly epoch: string | null;
  /** Up to which this node knows all changes. */
  readonly revision: number;
  /** `nats` or `postgres`. */
  readonly engine: string;
  /** Whether the others could be asked for; else `nodes` has this one alone. */
  readonly isComplete: boolean;
  /** All that were seen lately. */
  readonly nodes: readonly FleetNodeView[];
}

/** The fleet that a NANO is a node of. */
export interface FleetOperations {
  /** As far as the engine can be reached. */
  view(): Promise<FleetView>;
  /** Revision of an app's newest change, or null. */
  revisionOf(app: string): number | null;
  /** Makes what this node has the state of a new fleet. @throws {NanoError} CONFLICT when there is one */
  found(by: ChangeRequest): Promise<void>;
  /**
   * Gives an engine that has lost its fleet what this node has, as a new one.
   * @param how.replace whether another fleet that is there may go
   * @throws {NanoError} CONFLICT when there is another one
   */
  restore(how: { readonly replace: boolean }, by: ChangeRequest): Promise<void>;
  /**
   * Makes this node follow the engine's fleet.
   * @param how.replace whether apps that the fleet does not know may go
   */
  join(how: { readonly replace: boolean }, by: ChangeRequest): Promise<void>;
  /** Tries now what could not be in force here. */
  retry(by: ChangeRequest): Promise<void>;
}
