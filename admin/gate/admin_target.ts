/** What the admin API, the dashboard and the command line's host need of a running NANO; class `Nano` fits it. */
import type {
  AppSnapshot,
  EventHub,
  NanoConfig,
  Observations,
  Operations,
  Readiness,
  ReloadSummary,
} from "../../runtime/mod.ts";

/** A running NANO as its operators see it. */
export interface AdminTarget {
  /** In force. */
  readonly config: NanoConfig;
  readonly events: EventHub;
  /** Everything that changes something. */
  readonly operations: Operations;
  /** Everything that can be watched. */
  readonly observations: Observations;
  apps(): readonly AppSnapshot[];
  readiness(): Readiness;
  metrics(): Promise<string>;
  /** By signal, without a name in the history. */
  reload(): Promise<ReloadSummary>;
}
