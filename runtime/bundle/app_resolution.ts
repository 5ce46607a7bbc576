/** What comes of an app's imports beside its bundle. */
import type { InputStamp } from "./input_stamp.ts";

/** What the plugins hand back while they work. */
export interface AppResolution {
  /** Every file that was read, by its real path. */
  readonly inputs: Map<string, InputStamp>;
  /** What to say of a specifier that esbuild itself could not resolve, or of a file whose exports it did not find. */
  readonly unresolved: Map<string, string>;
  /** Packages that were imported but are not there. */
  readonly missing: Set<string>;
  /** Files of packages that call `import()` with a name that only run time knows. */
  readonly importers: Set<string>;
  /** Absolute paths of folders of which esbuild takes whatever a template or a sum may name. */
  readonly globbedFolders: Set<string>;
  /** Absolute paths of folders that CommonJS requires from by names it makes. */
  readonly requiredFolders: Set<string>;
  /** Version ranges of the packages that were imported as `npm:name@range`. */
  readonly npm: Map<string, string>;
}

/** One of a build that has not begun. */
export function emptyResolution(): AppResolution {
  return {
    inputs: new Map(),
    unresolved: new Map(),
    missing: new Set(),
    importers: new Set(),
    globbedFolders: new Set(),
    requiredFolders: new Set(),
    npm: new Map(),
  };
}
