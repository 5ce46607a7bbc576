/** What the state store keeps, as plain values. */
import type { HistoryEntry } from "../terms/operations.ts";
import type { HeldRecord } from "./fleet_rows.ts";

/** Everything that is kept about one app's name. */
export interface KeptApp {
  readonly name: string;
  /** The whole entry of an app that was added while NANO ran; null for an app of nano.json. */
  readonly entry: Readonly<Record<string, unknown>> | null;
  /** Overrides of nano.json's entry, as a JSON merge patch; null without any. */
  readonly patch: Readonly<Record<string, unknown>> | null;
  /** Fingerprint of the entry of nano.json that was removed while NANO ran; null when none was. */
  readonly hides: string | null;
  /** Version that serves, as `v3`; null when the code comes from the app's own path. */
  readonly activeVersion: string | null;
  /** What served before: `v2`, or `path`; null when there is nothing to go back to. */
  readonly previousVersion: string | null;
  /** A version that gets a part of the requests, 0 to 100 percent. */
  readonly rollout: { readonly version: string; readonly percent: number } | null;
}

/** A deployed version whose files are kept. */
export interface VersionRecord {
  readonly app: string;
  /** `v1`, `v2`, … */
  readonly version: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** Of the unpacked files. */
  readonly bytes: number;
  readonly files: number;
  /** What the deploying person wrote, or "". */
  readonly note: string;
  /** Who deployed it. */
  readonly actor: string;
  /** Host of its preview, or null. */
  readonly previewHost: string | null;
}

/** What one transaction writes; what is not named stays as it is. */
export interface StateChange {
  /** Written whole, in the place of what was kept under the same name. */
  readonly apps?: readonly KeptApp[];
  /** Names whose row goes; their versions and their history stay. */
  readonly forgetApps?: readonly string[];
  readonly addVersions?: readonly VersionRecord[];
  readonly setPreview?: readonly {
    readonly app: string;
    readonly version: string;
    readonly previewHost: string | null;
  }[];
  readonly removeVersions?: readonly { readonly app: string; readonly version: string }[];
  readonly history?: readonly Omit<HistoryEntry, "id">[];
  /** The records of the fleet that say the same. */
  readonly fleet?: readonly HeldRecord[];
}

/** Which entries of the history are wanted. */
export interface HistoryFilter {
  /** Null for all apps. */
  readonly app: string | null;
  /** Only entries with a smaller id; null starts at the newest. */
  readonly before: number | null;
  readonly limit: number;
}
