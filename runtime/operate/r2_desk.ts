/** Carries out what people do with R2 buckets: by the rules that apps' bindings have. */
import { checkedKey, keptMetadata, listOptions } from "../bindings/r2/host_checks.ts";
import type { ChangeRequest } from "../terms/change_request.ts";
import type { R2Store } from "../data/r2_store.ts";
import { NanoError } from "../errors.ts";
import { BindingError } from "../protocol/binding_call.ts";
import type { R2Entry } from "../protocol/r2_entry.ts";
import type {
  R2BucketView,
  R2Metadata,
  R2ObjectPage,
  R2ObjectQuery,
  R2ObjectView,
  R2Operations,
  R2Value,
} from "../terms/r2_operations.ts";
import type { ChangeDesk } from "./change_desk.ts";
import type { KeptStores } from "./kept_stores.ts";

/** Some milliseconds of the thread that all buckets share. */
const MAX_COUNTED = 100_000;
/** Keys of one call, as on Workers. */
const MAX_DELETED = 1000;

/** The buckets of a running NANO. */
export class R2Desk implements R2Operations {
  readonly #desk: ChangeDesk;
  readonly #stores: KeptStores;

  constructor(desk: ChangeDesk, stores: KeptStores) {
    this.#desk = desk;
    this.#stores = stores;
  }

  async list(): Promise<readonly R2BucketView[]> {
    const stores = await this.#stores.list("r2");
    return await Promise.all(stores.map(async ({ name, uses, maxBytes, exists }) => {
      // Asking one that holds nothing yet would make its file.
      const { bytes, objects } = exists
        ? await told(name, () => this.#bucket(name).count(MAX_COUNTED + 1))
        : { bytes: 0, objects: 0 };
      const counted = { objects: Math.min(objects, MAX_COUNTED), hasMoreObjects: objects > MAX_COUNTED };
      return { name, uses, bytes, maxBytes, ...counted };
    }));
  }

  async objects(bucket: string, query: R2ObjectQuery): Promise<R2ObjectPage> {
    const store = await this.#stores.find("r2", bucket, "list the objects of");
    if (!store.exists) return { objects: [], prefixes: [], cursor: null };
    const given = { ...query, startAfter: null, withHttp: true, withCustom: true };
    const page = await told(bucket, () => this.#bucket(bucket).list(listOptions(given)));
    return {
      objects: (JSON.parse(page.objects) as readonly R2Entry[]).map(viewOf),
      prefixes: JSON.parse(page.prefixes),
      cursor: page.cursor,
    };
  }

  async head(bucket: string, key: string): Promise<R2ObjectView | null> {
    const store = await this.#stores.find("r2", bucket, `show "${key}" of`);
    if (!store.exists) return null;
    const entry = await told(bucket, () => this.#bucket(bucket).head(checkedKey("head", key)));
    return entry === null ? null : viewOf(JSON.parse(entry));
  }

  async get(bucket: string, key: string, signal: AbortSignal): ReturnType<R2Operations["get"]> {
    const store = await this.#stores.find("r2", bucket, `get "${key}" of`);
    if (!store.exists) return null;
    const options = { condition: null, range: null, signal };
    const found = await told(bucket, () => this.#bucket(bucket).get(checkedKey("get", key), options));
    if (found === null) return null;
    return { object: viewOf(JSON.parse(found.entry)), body: found.content!.body };
  }

  async put(bucket: string, { key, body, size, http }: R2Value, by: ChangeRequest): Promise<R2ObjectView> {
    const verb = `put "${key}" into`;
    const store = await this.#stores.find("r2", bucket, verb);
    const wish = { by, action: "r2.put", app: null, verb: `${verb} R2 bucket "${bucket}"` } as const;
    let entry!: R2ObjectView;
    await this.#desk.record(wish, async () => {
      entry = await told(bucket, async () => {
        const metadata = keptMetadata("put", { http, custom: {}, storageClass: "Standard" });
        const { entry } = await this.#bucket(bucket).put(checkedKey("put", key), body, {
          ...metadata,
          size,
          maxBytes: store.maxBytes,
          condition: null,
          checksums: new Map(),
          // A put by people has no deadline: it lasts as long as its bytes come.
          signal: new AbortController().signal,
        });
        return viewOf(JSON.parse(entry!));
      });
      return `Put "${key}" into R2 bucket "${bucket}": ${entry.size} bytes`;
    });
    return entry;
  }

  async delete(bucket: string, keys: readonly string[], by: ChangeRequest): Promise<void> {
    const what = keys.length === 1 ? `"${keys[0]}"` : `${keys.length} objects`;
    const verb = `delete ${what} of`;
    const store = await this.#stores.find("r2", bucket, verb);
    if (keys.length > MAX_DELETED) {
      throw new NanoError("USAGE", `Cannot ${verb} an R2 bucket at once: ${MAX_DELETED} are allowed`);
    }
    const wish = { by, action: "r2.delete", app: null, verb: `${verb} R2 bucket "${bucket}"` } as const;
    await this.#desk.record(wish, async () => {
      const checked = await told(bucket, () => Promise.resolve(keys.map((key) => checkedKey("delete", key))));
      if (store.exists && keys.length > 0) await this.#bucket(bucket).delete(checked);
      return `Deleted ${what} of R2 bucket "${bucket}"`;
    });
  }

  #bucket(name: string): R2Store {
    return this.#desk.tools.data.r2(name);
  }
}

function viewOf({ key, size, etag, uploaded, storageClass, http, custom }: R2Entry): R2ObjectView {
  return { key, size, etag, uploaded, storageClass, http: (http ?? {}) as R2Metadata, custom: custom ?? {} };
}

/** What an app would be told is told to people as a refusal. */
async function told<Result>(bucket: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof BindingError)) throw error;
    const code = error.code === "FLEET_UNAVAILABLE"
      ? error.code
      : error.code === "STORAGE_FULL"
      ? "CONFLICT"
      : error.message.endsWith("(100100)")
      ? "BODY_TOO_LARGE"
      : "USAGE";
    throw new NanoError(code, `Cannot use R2 bucket "${bucket}": ${error.message}`, { cause: error });
  }
}
