/** What a node of a fleet is made of. */
import type { Clock } from "../clock.ts";
import type { FleetConfig } from "../config/resolved_config.ts";
import type { NanoEvent } from "../terms/events.ts";
import type { StateStore } from "../store/state_store.ts";
import type { VersionFolders } from "../store/version_folders.ts";
import type { ComingFilesTools } from "./coming_files.ts";
import type { FleetStore, NodeReport } from "./fleet_store.ts";
import type { ReplicaTools } from "./replica_tools.ts";
import type { VersionFiles } from "./version_files.ts";

/** What a node is made of. */
export interface FleetTools {
  readonly config: FleetConfig;
  readonly engine: FleetStore;
  readonly state: StateStore;
  readonly stateDir: string;
  readonly folders: VersionFolders;
  readonly clock: Clock;
  /** Names of apps that something is kept about. */
  readonly keptApps: () => readonly string[];
  readonly follower: (files: VersionFiles) => Required<Pick<ReplicaTools, "apply" | "applyAll">>;
  /** As `ComingFilesTools`. */
  readonly onCame: ComingFilesTools["onCame"];
  /** What a report tells of the host. */
  readonly host: () =>
    & Pick<NodeReport, "address" | "version" | "startedAt" | "appsUp" | "configFingerprint" | "memoryBytes">
    & {
      /** Apps that do not work although the newest of them is in force. */
      readonly broken: NodeReport["failed"];
    };
  readonly emit: (event: NanoEvent) => void;
}
