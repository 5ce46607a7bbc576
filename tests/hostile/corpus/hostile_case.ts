/** What one case of the corpus says: an attack, where in an app's life it happens, and what may be seen of it. */
import type { CorpusScene } from "./corpus_scene.ts";
import type { Place } from "./app_source.ts";
import type { AppFiles } from "../../support/temp_project.ts";
import type { StartOptions } from "../../support/nano_process.ts";

/** One attack; a newcomer adds one by adding such a record to a file of `cases/`. */
export interface HostileCase {
  /** A few words, unique in its family. */
  readonly name: string;
  /** Statements of the app; the names of `app_source.ts` are at hand. What must not work throws when it does. */
  readonly deed?: string;
  /** Where the deed is done; each place is a case of its own. The handler by default. */
  readonly places?: readonly Place[];
  /** The whole app, for what is no deed at a place. */
  readonly app?: string | AppFiles;
  /**
   * What the client may see, each a truthful answer: `200`, `503 APP_OUT_OF_MEMORY`, `200 cut`, `cut`. At other places
   * than the handler the same attack shows differently: see `seen_at.ts`.
   */
  readonly sees: readonly string[];
  /** The same for one place, where `seen_at.ts` does not know it. */
  readonly seesAt?: Readonly<Partial<Record<Place, readonly string[]>>>;
  /** Keys of the app in nano.json, in place of the corpus' own small limits. */
  readonly limits?: Readonly<Record<string, unknown>>;
  /** What is done instead of one GET; what it gives back is compared with `sees`. */
  readonly act?: (scene: CorpusScene, app: string) => Promise<string>;
  /** The app cannot serve afterwards, by its own fault: nobody asks whether it does. */
  readonly spoilsItself?: true;
  /** A NANO of its own, and how it is started. */
  readonly own?: Pick<StartOptions, "guardian" | "program" | "env"> & { readonly config?: Record<string, unknown> };
  /** The host may die of it some time after the client was told: it is watched for a second. */
  readonly lingers?: true;
  /** The case is about the end of the host itself: it may end, if its guardian brings it back. */
  readonly mayEndHost?: true;
}

/** A family of attacks. */
export interface HostileFamily {
  readonly name: string;
  readonly cases: readonly HostileCase[];
}
