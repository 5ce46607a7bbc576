/** Buckets on this machine's disk: rows by the data thread, bytes by the thread of files. */
import { join } from "node:path";
import type { DataThread } from "./data_thread.ts";
import type { R2Operation } from "./data_messages.ts";
import type { DigestName } from "./file_messages.ts";
import { FileThread } from "./file_thread.ts";
import { UNFINISHED } from "./r2_blobs.ts";
import { bodyRefusal, checksumsJson, mostBytes, requirePromised } from "./r2_body.ts";
import { storageFull } from "./r2_error.ts";
import type { GetFacts, PartFacts, Piece, PutFacts, WrittenBytes } from "./r2_facts.ts";
import { PieceStream } from "./r2_stream.ts";
import type { Plain } from "../protocol/binding_call.ts";
import type { R2Body, R2Found, R2Store, TakeOptions } from "./r2_store.ts";

/** Objects up to this are answered whole, by the data thread itself. */
const WHOLE_BYTES = 256 * 1024;
/** All buckets of a NANO. */
export class R2Engine implements Disposable {
  readonly #folder: string;
  readonly #data: DataThread;
  readonly #files: FileThread;
  /** Bytes of uploads under way, by bucket: they are on the disk and in no row yet. */
  readonly #pending = new Map<string, number>();
  #ready: Promise<void> | null = null;

  /** @param folder absolute, that of the data thread */
  constructor(folder: string, data: DataThread, files: FileThread = new FileThread(folder)) {
    this.#folder = folder;
    this.#data = data;
    this.#files = files;
  }

  /** Removes what uploads left that a crash has ended; the first upload waits for it. */
  prepare(): Promise<void> {
    return this.#ready ??= removeLeftovers(join(this.#folder, "r2"));
  }

  /** The bucket of a name. */
  store(name: string): R2Store {
    const store = `r2/${name}`;
    const run = (operation: R2Operation, ...args: readonly Plain[]) => this.#data.run(store, operation, args);
    return {
      head: async (key) => (await run("r2.head", key))[0] as string ?? null,
      get: async (key, { condition, range, signal }) => {
        const facts: GetFacts = { condition, range, wholeBytes: WHOLE_BYTES };
        return this.#found(store, await run("r2.get", key, JSON.stringify(facts)), signal);
      },
      put: (key, body, options) => {
        const { condition, checksums, storageClass, http, custom, maxBytes } = options;
        const digests = new Set<DigestName>(["sha256", "md5", ...checksums.keys()]);
        return this.#take({ store, action: "put", body, digests, options }, async (written, found) => {
          const facts: PutFacts = {
            written,
            etag: found.get("md5")!,
            checksums: checksumsJson(checksums, found),
            condition,
            storageClass,
            http,
            custom,
            maxBytes,
          };
          const [entry, storedBytes] = await run("r2.put", key, JSON.stringify(facts));
          return {
            isKept: entry !== null,
            value: { entry: entry as string | null, storedBytes: storedBytes as number },
          };
        });
      },
      count: async (most) => {
        const [bytes, objects] = await run("r2.count", most);
        return { bytes: bytes as number, objects: objects as number };
      },
      delete: async (keys) => (await run("r2.delete", JSON.stringify(keys)))[0] as number,
      list: async (options) => {
        const [objects, prefixes, cursor] = await run("r2.list", JSON.stringify(options));
        return { objects: objects as string, prefixes: prefixes as string, cursor: cursor as string | null };
      },
      createUpload: async (key, facts) => (await run("r2.create", key, JSON.stringify(facts)))[0] as string,
      uploadPart: (key, { upload, number }, body, options) => {
        const digests = new Set<DigestName>(["sha256", "md5"]);
        return this.#take({ store, action: "uploadPart", body, digests, options }, async (written, found) => {
          const etag = found.get("md5")!;
          const facts: PartFacts = { upload, number, written, etag, maxBytes: options.maxBytes };
          const [storedBytes] = await run("r2.part", key, JSON.stringify(facts));
          return { isKept: true, value: { etag, storedBytes: storedBytes as number } };
        });
      },
      completeUpload: async (key, upload, parts) => {
        const [entry, storedBytes] = await run("r2.complete", key, upload, JSON.stringify(parts));
        return { entry: entry as string, storedBytes: storedBytes as number };
      },
      abortUpload: async (key, upload) => (await run("r2.abort", key, upload))[0] as number,
    };
  }

  /** Keeps all files of a bucket, those that are deleted meanwhile, too, until the result is disposed. */
  async keep(name: string): Promise<AsyncDisposable> {
    const [ticket] = await this.#data.run(`r2/${name}`, "r2.keep", []);
    return {
      // A thread that has died keeps nothing any more.
      [Symbol.asyncDispose]: async () =>
        void await this.#data.run(`r2/${name}`, "r2.release", [ticket!]).catch(() => {}),
    };
  }

  /** Ends the thread of files. */
  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }

  #found(store: string, values: readonly Plain[], signal: AbortSignal): R2Found | null {
    const [entry, offset, length, bytes, pieces, ticket] = values;
    if (entry === undefined) return null;
    if (offset === undefined) return { entry: entry as string, content: null };
    const extent = { offset: offset as number, length: length as number };
    if (bytes instanceof Uint8Array) return { entry: entry as string, content: { ...extent, body: bytes } };
    const stream = new PieceStream(
      join(this.#folder, `${store}.files`),
      JSON.parse(pieces as string) as readonly Piece[],
      // Whether it arrives matters to nobody: a thread that has died holds no file any more.
      () => void this.#data.run(store, "r2.release", [ticket!]).catch(() => {}),
    );
    return { entry: entry as string, content: { ...extent, body: stream.readable(signal) } };
  }

  /** Writes bytes to a file and hands it to `keep`; whatever is not kept is removed. */
  async #take<Result>(
    { store, action, body, digests, options }: {
      readonly store: string;
      readonly action: string;
      readonly body: R2Body;
      readonly digests: ReadonlySet<DigestName>;
      readonly options: TakeOptions;
    },
    keep: (
      written: WrittenBytes,
      found: ReadonlyMap<DigestName, string>,
    ) => Promise<{ readonly isKept: boolean; readonly value: Result }>,
  ): Promise<Result> {
    const { maxBytes, signal } = options;
    await this.prepare();
    const pending = this.#pending.get(store) ?? 0;
    // What has no length beforehand is looked at when it is whole.
    const size = options.size ?? 0;
    this.#pending.set(store, pending + size);
    const name = crypto.randomUUID();
    const path = `${store}.files/${UNFINISHED}/${name}`;
    let isKept = false;
    try {
      if (size > WHOLE_BYTES) {
        const [stored] = await this.#data.run(store, "r2.size", []);
        if (stored as number + pending + size > maxBytes) throw storageFull(action, maxBytes);
      }
      const written = await this.#files.write(path, body, {
        digests: [...digests],
        maxBytes: mostBytes(options),
        signal,
      });
      requirePromised(written.size, options);
      const hash = written.digests.get("sha256")!;
      const kept = await keep({ name, hash, size: written.size }, written.digests);
      isKept = kept.isKept;
      return kept.value;
    } catch (error) {
      throw bodyRefusal(error, action, options);
    } finally {
      const left = this.#pending.get(store)! - size;
      if (left > 0) this.#pending.set(store, left);
      else this.#pending.delete(store);
      if (!isKept) this.#files.discard(path);
    }
  }
}

/** Removes the unfinished files of all buckets. @param folder of the buckets, which need not be there */
async function removeLeftovers(folder: string): Promise<void> {
  const stores = await namesIn(folder);
  for (const store of stores.filter((name) => name.endsWith(".files"))) {
    const unfinished = join(folder, store, UNFINISHED);
    for (const name of await namesIn(unfinished)) await Deno.remove(join(unfinished, name)).catch(() => {});
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
