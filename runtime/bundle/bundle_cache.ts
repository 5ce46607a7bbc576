/** Keeps finished bundles on disk for as long as what they were made from stays the same. */

import { join } from "node:path";
import { type InputStamp, renewStamp, sha256, stampFolder } from "./input_stamp.ts";

/** A bundle with all that decides whether it is still valid. */
export interface CachedBundle {
  readonly code: string;
  readonly warnings: readonly string[];
  /** By absolute path. */
  readonly inputs: ReadonlyMap<string, InputStamp>;
  /** Folders whose names decide what an import means; absolute. */
  readonly folders: readonly string[];
}

/** What a manifest file holds. */
interface Manifest {
  readonly fingerprint: string;
  readonly sha256: string;
  readonly warnings: readonly string[];
  readonly inputs: Readonly<Record<string, InputStamp>>;
  readonly folders: Readonly<Record<string, string>>;
}

/**
 * For each key one manifest `<key>.json` and one module `<key>-<hash>.js`; a newer bundle takes the place of the older.
 * A file that is damaged, or gone, counts as none: the bundle is made again and the file written anew.
 */
export class BundleCache {
  readonly #folder: string;
  readonly #fingerprint: string;

  /**
   * @param folder Made when the first bundle is written.
   * @param fingerprint What made the bundles: a bundle of another maker is not reused.
   */
  constructor(folder: string, fingerprint: string) {
    this.#folder = folder;
    this.#fingerprint = fingerprint;
  }

  /** @returns The bundle of `subject` if it is there, whole, and nothing it was made from has changed. */
  async read(subject: string): Promise<CachedBundle | undefined> {
    const key = await keyOf(subject);
    const manifest = await this.#readManifest(key);
    if (manifest === undefined || manifest.fingerprint !== this.#fingerprint) return undefined;
    const code = await readIfPresent(this.#modulePath(key, manifest.sha256));
    if (code === undefined || await sha256(code) !== manifest.sha256) return undefined;
    const inputs = new Map<string, InputStamp>();
    await Promise.all(
      Object.entries(manifest.inputs).map(async ([path, stamp]) => {
        const renewed = await renewStamp(path, stamp);
        if (renewed !== undefined) inputs.set(path, renewed);
      }),
    );
    if (inputs.size !== Object.keys(manifest.inputs).length) return undefined;
    const folders = Object.entries(manifest.folders);
    const names = await Promise.all(folders.map(([path]) => stampFolder(path)));
    if (folders.some(([_, stamp], index) => stamp !== names[index])) return undefined;
    if ([...inputs].some(([path, stamp]) => stamp !== manifest.inputs[path])) {
      await this.#renew(key, { ...manifest, inputs: Object.fromEntries(inputs) });
    }
    return {
      code: new TextDecoder().decode(code),
      warnings: manifest.warnings,
      inputs,
      folders: folders.map(([path]) => path),
    };
  }

  /**
   * Writes a bundle. A crash in between leaves the older bundle or none, never half of one.
   *
   * @throws {Error} What the file system says.
   */
  async write(subject: string, bundle: CachedBundle): Promise<void> {
    const key = await keyOf(subject);
    const code = new TextEncoder().encode(bundle.code);
    const manifest: Manifest = {
      fingerprint: this.#fingerprint,
      sha256: await sha256(code),
      warnings: bundle.warnings,
      inputs: Object.fromEntries(bundle.inputs),
      folders: Object.fromEntries(
        await Promise.all(bundle.folders.map(async (path) => [path, await stampFolder(path)] as const)),
      ),
    };
    const older = await this.#readManifest(key);
    await Deno.mkdir(this.#folder, { recursive: true });
    await this.#replace(this.#modulePath(key, manifest.sha256), code);
    await this.#replace(this.#manifestPath(key), new TextEncoder().encode(JSON.stringify(manifest)));
    if (older === undefined || older.sha256 === manifest.sha256) return;
    await Deno.remove(this.#modulePath(key, older.sha256)).catch((error) => {
      // Another process was quicker to replace it.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  /** Spares the next reader the reading of files that were merely touched. */
  async #renew(key: string, manifest: Manifest): Promise<void> {
    try {
      await this.#replace(this.#manifestPath(key), new TextEncoder().encode(JSON.stringify(manifest)));
    } catch {
      // The bundle is valid all the same, on a read-only disk too; only time is lost.
    }
  }

  async #readManifest(key: string): Promise<Manifest | undefined> {
    const bytes = await readIfPresent(this.#manifestPath(key));
    if (bytes === undefined) return undefined;
    try {
      const manifest: unknown = JSON.parse(new TextDecoder().decode(bytes));
      return isManifest(manifest) ? manifest : undefined;
    } catch {
      return undefined;
    }
  }

  async #replace(path: string, bytes: Uint8Array): Promise<void> {
    const draft = `${path}.${crypto.randomUUID()}.tmp`;
    try {
      // It holds the app's source, which may be nobody else's business.
      await Deno.writeFile(draft, bytes, { mode: 0o600, createNew: true });
      await Deno.rename(draft, path);
    } catch (error) {
      await Deno.remove(draft).catch(() => {});
      throw error;
    }
  }

  #manifestPath(key: string): string {
    return join(this.#folder, `${key}.json`);
  }

  #modulePath(key: string, hash: string): string {
    return join(this.#folder, `${key}-${hash.slice(0, 12)}.js`);
  }
}

async function keyOf(subject: string): Promise<string> {
  return (await sha256(new TextEncoder().encode(subject))).slice(0, 24);
}

async function readIfPresent(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch {
    // Absent is the usual case; an unreadable one is told by the write that follows.
    return undefined;
  }
}

function isManifest(value: unknown): value is Manifest {
  const manifest = value as Partial<Manifest> | null;
  return typeof manifest === "object" && manifest !== null && typeof manifest.fingerprint === "string" &&
    typeof manifest.sha256 === "string" && /^[0-9a-f]{64}$/.test(manifest.sha256) &&
    Array.isArray(manifest.warnings) && isRecord(manifest.folders) && isRecord(manifest.inputs) &&
    Object.values(manifest.inputs).every(isRecord);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
