/** Carries out what people do with KV namespaces: through the same host part that apps' bindings call. */
import { KV_BUDGET_BYTES, KvHost } from "../bindings/kv/host.ts";
import { ByteBudget } from "../data/byte_budget.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { ChangeRequest } from "../terms/change_request.ts";
import type {
  KvBulkOutcome,
  KvKeyPage,
  KvKeyQuery,
  KvNamespaceView,
  KvOperations,
  KvPut,
  KvPutOptions,
  KvValueView,
} from "../terms/kv_operations.ts";
import { BindingError, type CallAnswer, type Plain } from "../protocol/binding_call.ts";
import type { ChangeDesk } from "./change_desk.ts";
import type { KeptStore, KeptStores } from "./kept_stores.ts";

/** Some milliseconds of the thread that all namespaces share. */
const MAX_COUNTED_KEYS = 100_000;
/** For a place in the budget behind other people's long values. */
const CALL_TIMEOUT_MS = 60_000;
/** Keys of one call, as of Cloudflare's API. */
const MAX_BULK_KEYS = 10_000;
/** Keys that a bulk get asks for at once, as on Workers. */
const MAX_KEYS_A_GET = 100;

/** The namespaces of a running NANO. */
export class KvDesk implements KvOperations {
  readonly #desk: ChangeDesk;
  readonly #stores: KeptStores;
  /** Of all people together, beside those of the apps. */
  readonly #budget = new ByteBudget(KV_BUDGET_BYTES);

  constructor(desk: ChangeDesk, stores: KeptStores) {
    this.#desk = desk;
    this.#stores = stores;
  }

  async list(): Promise<readonly KvNamespaceView[]> {
    const stores = await this.#stores.list("kv");
    return await Promise.all(stores.map(async ({ name, uses, maxBytes, exists }) => {
      // Asking one that holds nothing yet would make its file.
      const size = exists
        ? await this.#desk.tools.data.kv(name).count(MAX_COUNTED_KEYS)
        : { bytes: 0, keys: 0, hasMoreKeys: false };
      return { name, uses, maxBytes, ...size };
    }));
  }

  async keys(namespace: string, { prefix, cursor, limit }: KvKeyQuery): Promise<KvKeyPage> {
    const store = await this.#stores.find("kv", namespace, "list the keys of");
    if (!store.exists) return { keys: [], cursor: null };
    const { values, body } = await this.#call(store, "list", { args: [prefix, cursor, limit] });
    const keys = await new Response(body as BodyInit).json() as readonly {
      readonly name: string;
      readonly expires: number | null;
      readonly metadata: string | null;
    }[];
    return {
      keys: keys.map(({ name, expires, metadata }) => ({ name, expiration: expires, metadata })),
      cursor: values[0] as string | null,
    };
  }

  async get(namespace: string, key: string): Promise<KvValueView | null> {
    const store = await this.#stores.find("kv", namespace, `get "${key}" of`);
    if (!store.exists) return null;
    const { values, body } = await this.#call(store, "get", { args: [key] });
    if (values.length === 0) return null;
    const { keys } = await this.keys(namespace, { prefix: key, cursor: null, limit: 1 });
    return {
      body: typeof body === "string" ? new TextEncoder().encode(body) : body ?? new Uint8Array(),
      metadata: values[0] as string | null,
      expiration: keys[0]?.name === key ? keys[0].expiration : null,
    };
  }

  async getMany(namespace: string, keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array | null>> {
    const store = await this.#stores.find("kv", namespace, "get values of");
    if (keys.length > MAX_KEYS_A_GET) {
      throw new NanoError("USAGE", `Cannot get ${keys.length} keys at once: ${MAX_KEYS_A_GET} are allowed`);
    }
    const found = new Map<string, Uint8Array | null>(keys.map((key) => [key, null]));
    if (!store.exists || keys.length === 0) return found;
    const { values, body } = await this.#call(store, "getMany", { args: keys });
    const bytes = await new Response(body as BodyInit).bytes();
    let at = 0;
    keys.forEach((key, index) => {
      const length = values[2 * index];
      if (typeof length === "number") found.set(key, bytes.subarray(at, at += length));
    });
    return found;
  }

  async put(
    namespace: string,
    entry: KvPutOptions & { readonly key: string; readonly value: Uint8Array | ReadableStream<Uint8Array> },
    by: ChangeRequest,
  ): Promise<void> {
    const verb = `put "${entry.key}" into`;
    const store = await this.#stores.find("kv", namespace, verb);
    const wish = { by, action: "kv.put", app: null, verb: `${verb} KV namespace "${namespace}"` } as const;
    await this.#desk.record(wish, async () => {
      await this.#put(store, entry);
      return `Put "${entry.key}" into KV namespace "${namespace}"`;
    });
  }

  async putMany(namespace: string, entries: readonly KvPut[], by: ChangeRequest): Promise<KvBulkOutcome> {
    const verb = `put ${keysText(entries.length)} into`;
    const store = await this.#stores.find("kv", namespace, verb);
    checkBulk(entries.length, verb);
    const wish = { by, action: "kv.put", app: null, verb: `${verb} KV namespace "${namespace}"` } as const;
    let failed: KvBulkOutcome["failed"] = [];
    await this.#desk.record(wish, async () => {
      const ends = await Promise.allSettled(entries.map((entry) => this.#put(store, entry)));
      failed = ends.flatMap((end, at) =>
        end.status === "fulfilled" ? [] : [{ key: entries[at]!.key, error: messageOf(end.reason) }]
      );
      const lost = failed.length === 0 ? "" : `; ${keysText(failed.length)} failed`;
      return `Put ${keysText(entries.length - failed.length)} into KV namespace "${namespace}"${lost}`;
    });
    return { done: entries.length - failed.length, failed };
  }

  async delete(namespace: string, keys: readonly string[], by: ChangeRequest): Promise<void> {
    const what = keys.length === 1 ? `"${keys[0]}"` : keysText(keys.length);
    const verb = `delete ${what} of`;
    const store = await this.#stores.find("kv", namespace, verb);
    checkBulk(keys.length, verb);
    const wish = { by, action: "kv.delete", app: null, verb: `${verb} KV namespace "${namespace}"` } as const;
    await this.#desk.record(wish, async () => {
      if (store.exists && keys.length > 0) await this.#call(store, "delete", { args: keys });
      return `Deleted ${what} of KV namespace "${namespace}"`;
    });
  }

  async #put(
    store: KeptStore,
    { key, value, expiration, expirationTtl, metadata }: KvPutOptions & {
      readonly key: string;
      readonly value: Uint8Array | ReadableStream<Uint8Array>;
    },
  ): Promise<void> {
    const checked = metadata === null ? null : metadataOf(metadata);
    await this.#call(store, "put", { args: [key, expiration, expirationTtl, checked, null], body: value });
  }

  async #call(store: KeptStore, method: string, { args, body = null }: {
    readonly args: readonly Plain[];
    readonly body?: Uint8Array | ReadableStream<Uint8Array> | null;
  }): Promise<CallAnswer> {
    const { data, clock } = this.#desk.tools;
    const host = new KvHost({
      store: data.kv(store.name),
      budget: this.#budget,
      maxBytes: store.maxBytes,
      now: clock.wall,
    });
    try {
      return await host.call({ method, args, body, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
    } catch (error) {
      throw error instanceof BindingError ? refusalOf(error, method, store.name) : error;
    }
  }
}

function keysText(count: number): string {
  return count === 1 ? "1 key" : `${count} keys`;
}

function checkBulk(count: number, verb: string): void {
  if (count <= MAX_BULK_KEYS) return;
  throw new NanoError("USAGE", `Cannot ${verb} a KV namespace at once: ${MAX_BULK_KEYS} keys are allowed`);
}

/** As the app's side writes it: JSON in one spelling. */
function metadataOf(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    throw new NanoError("USAGE", `Cannot keep metadata ${JSON.stringify(text.slice(0, 60))}: expected JSON`);
  }
}

function refusalOf(error: BindingError, method: string, namespace: string): NanoError {
  const message = `Cannot ${METHOD_WORDS[method] ?? method} KV namespace "${namespace}": ${error.message}`;
  const code = error.code === "FLEET_UNAVAILABLE"
    ? error.code
    : error.code === "STORAGE_FULL"
    ? "CONFLICT"
    : / failed: 413 /.test(error.message)
    ? "BODY_TOO_LARGE"
    : "USAGE";
  return new NanoError(code, message, { cause: error });
}

const METHOD_WORDS: Readonly<Record<string, string>> = {
  get: "get a value of",
  getMany: "get values of",
  put: "put into",
  delete: "delete from",
  list: "list the keys of",
};
