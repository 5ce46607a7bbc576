/** What the imports of an app are resolved by. */
import type { AppReach } from "./app_files.ts";
import type { AppSettings } from "./app_settings.ts";
import type { LateAbsences } from "./late_absences.ts";

/** An app whose imports are resolved. */
export interface ResolvedApp extends AppReach {
  readonly settings: Pick<AppSettings, "importMap" | "hasManifest" | "compilerOptions" | "copies">;
  /** What is imported in the place of a module, wherever it is imported. */
  readonly alias: Readonly<Record<string, string>>;
  /** Whether it gets what packages offer to Workers. */
  readonly isWorkers: boolean;
  /** Whether it has modules of Node. */
  readonly nodeCompat: boolean;
  readonly late: LateAbsences;
}
