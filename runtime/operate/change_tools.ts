/** What changes work with, and how they are asked for. */
import type { Clock } from "../clock.ts";
import type { AppLayer, AppSource } from "../config/layers.ts";
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import type { KeptData } from "../data/kept_data.ts";
import type { EventHub, ReloadSummary } from "../terms/events.ts";
import type { FleetNode } from "../fleet/fleet_gate.ts";
import type { Generations } from "../generations/generations.ts";
import type { AppUnit } from "../generations/reload.ts";
import type { ChangeAction, ChangeRequest } from "../terms/operations.ts";
import type { HeldRecord } from "../store/fleet_rows.ts";
import type { QuarantineFile } from "../store/quarantine_file.ts";
import type { StateStore } from "../store/state_store.ts";
import type { VersionFolders } from "../store/version_folders.ts";
import type { KeptChange } from "./kept_apps.ts";

/** What changes work with. */
export interface ChangeTools {
  readonly store: StateStore;
  readonly folders: VersionFolders;
  readonly generations: Generations;
  readonly events: EventHub;
  readonly clock: Clock;
  /**
   * The configuration in force with other layers, the oldest first. What nano.json says meanwhile is left to the next
   * reload: half an edit must not hold up a rollback. @throws {NanoError} CONFIG_INVALID
   */
  readonly layered: (layers: readonly AppLayer[]) => Promise<NanoConfig>;
  /** Reads nano.json, with layers. @throws {NanoError} CONFIG_INVALID */
  readonly readConfig: (layers: readonly AppLayer[]) => Promise<NanoConfig>;
  /** Whether NANO is going away; what is kept can be changed no more then. */
  readonly isDraining: () => boolean;
  /** As `Nano.reload`. */
  readonly reload: () => Promise<ReloadSummary>;
  /** Runs a job now. @returns whether it went well, or null when it runs already */
  readonly runCron: (unit: AppUnit, name: string) => Promise<boolean | null>;
  /** Versions that are not started. */
  readonly quarantine: Pick<QuarantineFile, "add" | "release">;
  /** Version of the code that an app's path holds now. @throws {NanoError} APP_FAILED when it cannot be bundled */
  readonly codeVersion: (app: AppConfig) => Promise<string>;
  /** The fleet that this NANO is a node of, or null when it is alone. */
  readonly fleet?: () => FleetNode | null;
  /** Where the data of apps are kept, by the same threads and processes as their bindings have. */
  readonly data: KeptData;
}

/** A change as it was asked for. */
export interface Wish {
  readonly by: ChangeRequest;
  readonly action: ChangeAction;
  /** Null for what concerns all. */
  readonly app: string | null;
  /** What cannot be done, should it fail: `deploy to app "blog"`. */
  readonly verb: string;
  /** The app whose tag is compared, when it is another one. */
  readonly tagged?: string;
}

/** What a change writes about an app. */
export interface Plan extends KeptChange {
  /** One sentence for the history. */
  readonly detail: string;
  /** What is to be done when all has booted and nothing is in force yet; what it throws refuses the change. */
  readonly beforeSwap?: (config: NanoConfig) => Promise<void>;
  /** Called before anything is booted: brings the files of a version that is new under its name. */
  readonly arrive?: () => Promise<void>;
  /** Called when the plan came to nothing: takes the name away again. */
  readonly depart?: () => Promise<void>;
  /** The archive of such a version. */
  readonly archive?: { readonly path: string; readonly digest: string };
}

/** What another node has changed of an app. */
export interface FollowedChange {
  readonly app: string;
  /** Called in the turn in which it happens. */
  readonly plan: () => KeptChange;
  /** For the history, or null when nobody is known. */
  readonly by:
    | { readonly at: number; readonly actor: string; readonly action: ChangeAction; readonly detail: string }
    | null;
  readonly held: HeldRecord;
  /** Asked when its turn has come: false when something newer is in force by then. */
  readonly isNews: () => boolean;
}

/** An app with an entry of its own, unlike a version of another one. */
export type OwnSource = Exclude<AppSource, { from: "version" }>;
