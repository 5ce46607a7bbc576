/** All that NANO keeps in its state folder: who holds it, the changes, the versions and who is in quarantine. */
import { join } from "node:path";
import type { NanoConfig } from "../config/resolved_config.ts";
import { finishRestore } from "../data/restore_plan.ts";
import { messageOf, NanoError } from "../errors.ts";
import { type Conviction, QuarantineFile } from "./quarantine_file.ts";
import { StateFolder } from "./state_folder.ts";
import { StateStore } from "./state_store.ts";
import { VersionFolders } from "./version_folders.ts";

/** What is kept, open; disposing it gives the folder back. */
export class OpenState implements Disposable {
  readonly folder: StateFolder;
  readonly quarantine: QuarantineFile;
  readonly store: StateStore;
  readonly folders: VersionFolders;

  private constructor(folder: StateFolder, quarantine: QuarantineFile, store: StateStore, folders: VersionFolders) {
    this.folder = folder;
    this.quarantine = quarantine;
    this.store = store;
    this.folders = folders;
  }

  /**
   * Takes the folder before anything is written.
   * @param known.convictions of the host before, kept before anything boots: this process may die as that one
   * @throws {NanoError} as the folder and the store do
   */
  static async open(
    { stateDir, file }: Pick<NanoConfig, "stateDir" | "file">,
    { convictions, warn }: { readonly convictions: readonly Conviction[]; readonly warn: (text: string) => void },
  ): Promise<OpenState> {
    using held = new DisposableStack();
    const folder = held.use(StateFolder.open(stateDir, { file, warn }));
    endRestore(join(stateDir, "data"), warn);
    const quarantine = new QuarantineFile(stateDir, warn);
    quarantine.add(convictions);
    const store = held.use(StateStore.open(stateDir));
    const folders = new VersionFolders(stateDir);
    await folders.sweep(new Set(store.allVersions().map(({ app, version }) => `${app}/${version}`)));
    held.move();
    return new OpenState(folder, quarantine, store, folders);
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
    this.folder[Symbol.dispose]();
  }
}

/** Nobody has opened a store yet. */
function endRestore(folder: string, warn: (text: string) => void): void {
  try {
    if (finishRestore(folder)) warn("Ended the restore of a backup that was interrupted: its data are in force");
  } catch (cause) {
    const why = `Cannot end the restore of a backup that was interrupted: ${messageOf(cause)}`;
    throw new NanoError("INTERNAL", `${why}; half of the stores in "${folder}" may be old`, { cause });
  }
}
