/** The files of versions on their way between the nodes: archives by their digest, unpacked where they belong. */
import { existsSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { mayBeProject } from "../config/found_projects.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { ArchiveShelf } from "../store/archive_shelf.ts";
import type { FleetRows } from "../store/fleet_rows.ts";
import type { VersionRecord } from "../store/kept_state.ts";
import type { VersionFolders } from "../store/version_folders.ts";
import type { AppRecord, FleetVersion } from "./app_record.ts";
import { ComingFiles, type ComingFilesTools } from "./coming_files.ts";
import type { FleetStore } from "./fleet_store.ts";
import { Unfetched } from "./replica_tools.ts";

/** What it works with. */
export interface VersionFilesTools extends Pick<ComingFilesTools, "onCame"> {
  readonly clock: Clock;
  readonly store: Pick<FleetStore, "getBlob" | "putBlob">;
  readonly rows: FleetRows;
  readonly shelf: ArchiveShelf;
  readonly folders: VersionFolders;
}

/** The files of this node's versions, and those that other nodes have. */
export class VersionFiles {
  readonly #tools: VersionFilesTools;
  /** Those that are on their way. */
  readonly coming: ComingFiles;

  constructor(tools: VersionFilesTools) {
    const { clock, folders, onCame } = this.#tools = tools;
    this.coming = new ComingFiles({
      clock,
      pathOf: (app, version) => folders.pathOf(app, version),
      bring: (app, version) => this.#bring(app, version),
      discard: (app, version) => folders.remove(app, version),
      onCame,
    });
  }

  /** Lets the files come that are not here: a kill has left them out, or the disk has lost them. */
  expectMissing(versions: readonly VersionRecord[]): void {
    const { folders, rows } = this.#tools;
    const digests = rows.digests();
    for (const { app, ...one } of versions) {
      const digest = digests.get(`${app}/${one.version}`);
      if (digest === undefined || existsSync(folders.pathOf(app, one.version))) continue;
      this.coming.expect(app, [{ ...one, digest }]);
    }
  }

  /** Whether nothing in a version says how it is run; null when its files are not here. */
  isPlain(app: string, version: string): boolean | null {
    const folder = this.#tools.folders.pathOf(app, version);
    return existsSync(folder) ? !mayBeProject(folder) : null;
  }

  /** Versions whose folder here has other files than the fleet's of the same name. */
  async others(app: string, versions: readonly FleetVersion[]): Promise<readonly string[]> {
    const { folders, rows } = this.#tools;
    const found: string[] = [];
    for (const { version, digest } of versions) {
      if (rows.digestOf(app, version) !== digest && await folders.has(app, version)) found.push(version);
    }
    return found;
  }

  /**
   * Keeps which files versions are about to have: one write to the disk instead of one for each.
   * @param apps none of whose versions has a folder with other files
   */
  expect(apps: readonly { readonly app: string; readonly versions: readonly FleetVersion[] }[]): void {
    this.#tools.rows.setDigests(
      apps.flatMap(({ app, versions }) => versions.map(({ version, digest }) => ({ app, version, digest }))),
    );
  }

  /** Sees to it that the files of versions are there. @throws {Unfetched}, {NanoError} USAGE for what cannot be unpacked */
  async bring(app: string, versions: readonly FleetVersion[]): Promise<void> {
    for (const version of versions) {
      await this.coming.now(app, version);
      await this.#bring(app, version);
    }
  }

  /** Keeps the archive of a version that was unpacked here, and gives it to the engine. @throws what the engine throws */
  async give(app: string, version: string, archive: { readonly path: string; readonly digest: string }): Promise<void> {
    const { rows, shelf, store } = this.#tools;
    const { path, digest } = archive;
    await shelf.take(path, digest);
    rows.setDigest(app, version, digest);
    const stream = await shelf.open(digest);
    if (stream !== null) await store.putBlob(digest, stream);
  }

  /** Packs a version that was here before there was a fleet. @returns the digest of its archive */
  async pack(app: string, version: string): Promise<string> {
    const { folders, rows, shelf } = this.#tools;
    const known = rows.digestOf(app, version);
    if (known !== null && await shelf.has(known)) return known;
    const digest = await shelf.receiveFolder(folders.pathOf(app, version));
    rows.setDigest(app, version, digest);
    return digest;
  }

  /** Gives the engine the archives of a record, as far as this node has them. */
  async offer({ versions }: AppRecord): Promise<void> {
    const { shelf, store } = this.#tools;
    for (const { digest } of versions) {
      const stream = await shelf.open(digest);
      if (stream !== null) await store.putBlob(digest, stream);
    }
  }

  async #bring(app: string, { version, digest }: FleetVersion): Promise<void> {
    const { folders, rows, shelf } = this.#tools;
    if (rows.digestOf(app, version) === digest && await folders.has(app, version)) return;
    if (!await shelf.has(digest)) await this.#fetch(app, version, digest);
    await using staged = await folders.stageFile(shelf.pathOf(digest));
    // Before the folder: one that is there with another digest, or none, is taken for another version's.
    if (rows.digestOf(app, version) !== digest) rows.setDigest(app, version, digest);
    await staged.put(app, version);
  }

  async #fetch(app: string, version: string, digest: string): Promise<void> {
    const { shelf, store } = this.#tools;
    const of = `the archive of "${version}" of app "${app}"`;
    try {
      const stream = await store.getBlob(digest);
      if (stream === null) throw new Unfetched(`Cannot fetch ${of}: the engine does not have it`);
      await shelf.receive(stream, digest);
    } catch (cause) {
      // A full disk is this node's own fault.
      if (cause instanceof Unfetched || (cause instanceof NanoError && cause.code === "INTERNAL")) throw cause;
      throw new Unfetched(`Cannot fetch ${of}: ${messageOf(cause)}`, { cause });
    }
  }
}
