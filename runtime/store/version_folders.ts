/** The files of deployed versions, each in `<state_dir>/versions/<app>/<version>/`: whole, or not there. */
import { dirname, join } from "node:path";
import { messageOf, NanoError } from "../errors.ts";
import { syncPath } from "../machine/sync_path.ts";
import { receiveUpload } from "./receive_upload.ts";
import { VERSIONS_NAME } from "./state_database.ts";
import { unpackArchive } from "./unpack_archive.ts";
import type { UnpackedSize } from "./unpack_folder.ts";

/** An unpacked version that has no name yet; disposing it removes what was not put in. */
export interface StagedVersion extends AsyncDisposable {
  /** Path of the archive, until it is disposed. */
  readonly archive: string;
  readonly size: UnpackedSize;
  /** Gives it its name, or another one. @throws {NanoError} CONFLICT when there is such a version, INTERNAL */
  put(app: string, version: string): Promise<void>;
  /** Takes the name away again. */
  takeBack(): Promise<void>;
}

/** Holds what is on its way in or out; no app can have this name. */
const TRANSIT = ".transit";

const APP_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const VERSION_NAME = /^v[1-9][0-9]{0,14}$/;

/**
 * The folders of the versions. A folder gets its name by one rename after all of it is on the disk, and loses it by one
 * rename before any of it is deleted, so a kill at any moment leaves a whole version or none.
 */
export class VersionFolders {
  #root: string;
  /** Folders in the transit that are in use; everything else there was left by a kill. */
  #inTransit = new Set<string>();
  /** Versions that came in since the start: their record may still be on its way. */
  #arrived = new Set<string>();

  /** @param stateDir path of NANO's state folder */
  constructor(stateDir: string) {
    this.#root = join(stateDir, VERSIONS_NAME);
  }

  /**
   * Takes an uploaded zip or tar.gz in; the whole upload is received before anything is unpacked.
   * @param options.signal ends it; a client that sends nothing more is waited for until then
   * @returns the size of the unpacked files
   * @throws {NanoError} BODY_TOO_LARGE, BAD_REQUEST when the upload breaks off, USAGE for an archive that is refused,
   *   CONFLICT when there is such a version, INTERNAL when the disk refuses; the signal's reason when it aborts. In
   *   each of these cases nothing is left behind.
   */
  async unpack(
    app: string,
    version: string,
    archive: ReadableStream<Uint8Array>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<UnpackedSize> {
    // Before the upload is read: whoever gives a wrong name should not have to send it all.
    this.pathOf(app, version);
    await using staged = await this.stage(archive, options);
    await staged.put(app, version);
    return staged.size;
  }

  /**
   * The same for a version whose name is not known yet.
   * @param options.onChunk sees every chunk of the archive
   * @throws as {@linkcode VersionFolders.unpack}
   */
  async stage(
    archive: ReadableStream<Uint8Array>,
    { signal, onChunk }: {
      readonly signal?: AbortSignal | undefined;
      readonly onChunk?: (chunk: Uint8Array) => void;
    } = {},
  ): Promise<StagedVersion> {
    return await this.#stage(signal, async (transit) => {
      const upload = join(transit, "upload");
      await receiveUpload(archive, { path: upload, signal, ...onChunk === undefined ? {} : { onChunk } });
      return upload;
    });
  }

  /** The same for an archive that is on the disk, and stays there. @param path absolute */
  async stageFile(path: string): Promise<StagedVersion> {
    return await this.#stage(undefined, () => Promise.resolve(path));
  }

  /** @param receive returns the path of the archive; it may lie in the transit, which goes with the version */
  async #stage(
    signal: AbortSignal | undefined,
    receive: (transit: string) => Promise<string>,
  ): Promise<StagedVersion> {
    await using stack = new AsyncDisposableStack();
    const transit = stack.use(await this.#openTransit());
    const into = join(transit.path, "files");
    const upload = await receive(transit.path);
    await storing(Deno.mkdir(into, { mode: 0o755 }));
    const { root, bytes, files } = await unpackArchive(upload, { into, signal });
    const held = stack.move();
    let place = root;
    let name: string | null = null;
    return {
      archive: upload,
      size: { bytes, files },
      put: async (app, version) => {
        const target = this.pathOf(app, version);
        if (place === target) return;
        await this.#put(place, { app, version, target });
        if (name !== null) this.#arrived.delete(name);
        place = target;
        name = `${app}/${version}`;
      },
      takeBack: async () => {
        if (name === null) return;
        const back = join(transit.path, crypto.randomUUID());
        await storing(Deno.rename(place, back));
        this.#arrived.delete(name);
        place = back;
        name = null;
      },
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  }

  /** Whether a version's files are there. */
  has(app: string, version: string): Promise<boolean> {
    return exists(this.pathOf(app, version));
  }

  /** Path of a version's folder, whether it is there or not. @throws {NanoError} USAGE for what is no name */
  pathOf(app: string, version: string): string {
    if (!VERSION_NAME.test(version)) throw new NanoError("USAGE", `Cannot name a version "${version}": use v1, v2, …`);
    return join(this.#appFolder(app), version);
  }

  /** Removes a version's files; nothing happens when there are none. */
  async remove(app: string, version: string): Promise<void> {
    await this.#discard(this.pathOf(app, version));
    this.#arrived.delete(`${app}/${version}`);
  }

  /** Removes the files of all versions of an app; nothing happens when there are none. */
  async removeApp(app: string): Promise<void> {
    await this.#discard(this.#appFolder(app));
    for (const name of this.#arrived) if (name.startsWith(`${app}/`)) this.#arrived.delete(name);
  }

  /**
   * Removes what a kill has left: half uploads, half removals, and versions that no record names. What came in since
   * this object was made stays.
   * @param known `app/version` of every record
   */
  async sweep(known: ReadonlySet<string>): Promise<void> {
    for (const app of await namesIn(this.#root)) {
      if (!APP_NAME.test(app)) continue;
      for (const version of await namesIn(join(this.#root, app))) {
        const name = `${app}/${version}`;
        if (!known.has(name) && !this.#arrived.has(name)) await this.#discard(join(this.#root, app, version));
      }
      // An unpack may be about to put its version in; the empty folder of an app harms nobody until the next sweep.
      if (this.#inTransit.size === 0) await removeEmpty(join(this.#root, app));
    }
    const transit = join(this.#root, TRANSIT);
    for (const name of await namesIn(transit)) {
      if (!this.#inTransit.has(name)) await storing(Deno.remove(join(transit, name), { recursive: true }));
    }
  }

  #appFolder(app: string): string {
    if (!APP_NAME.test(app)) throw new NanoError("USAGE", `Cannot name an app "${app}": use [a-z0-9][a-z0-9-]{0,62}`);
    return join(this.#root, app);
  }

  /** An empty folder on the same disk, which is removed when it is disposed. */
  async #openTransit(): Promise<AsyncDisposable & { readonly path: string }> {
    const name = crypto.randomUUID();
    const path = join(this.#root, TRANSIT, name);
    const remove = async () => {
      try {
        await removeIfThere(path);
      } finally {
        this.#inTransit.delete(name);
      }
    };
    this.#inTransit.add(name);
    try {
      await storing(Deno.mkdir(path, { recursive: true, mode: 0o700 }));
    } catch (error) {
      await remove();
      throw error;
    }
    return { path, [Symbol.asyncDispose]: remove };
  }

  async #put(
    source: string,
    { app, version, target }: { readonly app: string; readonly version: string; readonly target: string },
  ): Promise<void> {
    if (await exists(target)) {
      throw new NanoError("CONFLICT", `Cannot keep version "${version}" of app "${app}": there is one of that name`);
    }
    const name = `${app}/${version}`;
    const appFolder = dirname(target);
    await storing(Deno.mkdir(appFolder, { recursive: true, mode: 0o755 }));
    // Before the rename: a sweep in between would take it for one that no record names.
    this.#arrived.add(name);
    try {
      await storing(Deno.rename(source, target));
      // The name is on the disk only when the folder that holds it is; and that one's name in turn.
      for (const folder of [appFolder, this.#root, dirname(this.#root)]) await storing(syncPath(folder));
    } catch (error) {
      this.#arrived.delete(name);
      throw error;
    }
  }

  async #discard(path: string): Promise<void> {
    if (!await exists(path)) return;
    await using transit = await this.#openTransit();
    await storing(Deno.rename(path, join(transit.path, "removed")));
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return [];
    throw failure(cause);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw failure(cause);
  }
}

async function removeIfThere(path: string): Promise<void> {
  if (await exists(path)) await storing(Deno.remove(path, { recursive: true }));
}

async function removeEmpty(folder: string): Promise<void> {
  if ((await namesIn(folder)).length > 0) return;
  const { isDirectory } = await storing(Deno.lstat(folder));
  if (isDirectory) await storing(Deno.remove(folder));
}

async function storing<Result>(operation: Promise<Result>): Promise<Result> {
  try {
    return await operation;
  } catch (cause) {
    throw failure(cause);
  }
}

function failure(cause: unknown): NanoError {
  return new NanoError("INTERNAL", `Cannot change the kept versions: ${messageOf(cause)}`, { cause });
}
