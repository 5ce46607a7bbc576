/** `Deno.AtomicOperation`: collects what is to be written at once. */
import { KV_KIND, type KvCommit, type KvMutationType } from "../../protocol/deno_kv.ts";
import { encodeKey, mustBeList } from "./keys.ts";
import { KvU64, packKvValue, packMessage, type ValueCodec } from "./values.ts";

/** As the last part of a key: the versionstamp of the commit stands there. */
export const COMMIT_VERSIONSTAMP: unique symbol = Symbol("KvCommitVersionstamp");

/** Options of a message. */
export interface EnqueueOptions {
  readonly delay?: number;
  readonly keysIfUndelivered?: unknown;
  readonly backoffSchedule?: readonly number[];
}

/** What came of a commit. */
export type CommitResult = { readonly ok: true; readonly versionstamp: string } | { readonly ok: false };

const MAX_DELAY_MS = 30 * 24 * 60 * 60 * 1000;
const MAX_BACKOFFS = 5;
const MAX_BACKOFF_MS = 60 * 60 * 1000;
/** As Deno has it. */
const DEFAULT_BACKOFF_MS = [100, 1000, 5000, 30_000, 60_000];
const KEYLESS = { delete: true, set: true, sum: true, min: true, max: true } as const;

type Mutable<List> = List extends readonly (infer One)[] ? One[] : never;

/** Named as in Deno. */
export class AtomicOperation {
  readonly #commit: (commit: KvCommit) => Promise<string | null>;
  readonly #codec: ValueCodec;
  readonly #checks: (() => KvCommit["checks"][number])[] = [];
  readonly #mutations: (() => KvCommit["mutations"][number])[] = [];
  readonly #enqueues: Mutable<KvCommit["enqueues"]> = [];

  constructor(codec: ValueCodec, commit: (commit: KvCommit) => Promise<string | null>) {
    this.#codec = codec;
    this.#commit = commit;
  }

  check(...checks: readonly { readonly key: unknown; readonly versionstamp?: unknown }[]): this {
    for (const { key, versionstamp } of checks) {
      this.#checks.push(() => [encodeKey(key).toBase64(), stampOf(versionstamp)]);
    }
    return this;
  }

  mutate(
    ...mutations: readonly { readonly type: string; readonly key: unknown; value?: unknown; expireIn?: unknown }[]
  ): this {
    for (const mutation of mutations) {
      const { type, key } = mutation;
      if (!Object.hasOwn(KEYLESS, type)) throw new TypeError("Invalid mutation type");
      if (type === "delete") {
        if (mutation.value) throw new TypeError("Invalid mutation 'delete' with value");
        this.delete(key);
        continue;
      }
      if (!Object.hasOwn(mutation, "value")) throw new TypeError(`Invalid mutation '${type}' without value`);
      const expireIn = type === "set" && typeof mutation.expireIn === "number" ? mutation.expireIn : undefined;
      this.#add(type as KvMutationType, key, mutation.value, expireIn);
    }
    return this;
  }

  sum(key: unknown, n: bigint): this {
    return this.#add("sum", key, new KvU64(n));
  }

  min(key: unknown, n: bigint): this {
    return this.#add("min", key, new KvU64(n));
  }

  max(key: unknown, n: bigint): this {
    return this.#add("max", key, new KvU64(n));
  }

  set(key: unknown, value: unknown, options?: { readonly expireIn?: unknown }): this {
    return this.#add("set", key, value, options?.expireIn);
  }

  delete(key: unknown): this {
    this.#mutations.push(() => [encodeKey(key).toBase64(), "delete", KV_KIND.NONE, "", null]);
    return this;
  }

  enqueue(message: unknown, options: EnqueueOptions = {}): this {
    const { delay = 0, keysIfUndelivered = [], backoffSchedule } = options;
    checkDelay(delay);
    if (backoffSchedule !== undefined && backoffSchedule !== null) checkBackoff(backoffSchedule);
    const payload = packMessage(message, this.#codec);
    const keys = mustBeList(keysIfUndelivered).map((key) => encodeKey(key).toBase64());
    this.#enqueues.push([payload, delay, keys, backoffSchedule ?? DEFAULT_BACKOFF_MS]);
    return this;
  }

  async commit(): Promise<CommitResult> {
    const checks = this.#checks.map((make) => make());
    const mutations = this.#mutations.map((make) => make());
    const versionstamp = await this.#commit({ checks, mutations, enqueues: this.#enqueues });
    return versionstamp === null ? { ok: false } : { ok: true, versionstamp };
  }

  then(): never {
    throw new TypeError("'Deno.AtomicOperation' is not a promise: did you forget to call 'commit()'");
  }

  /** The key and how long it is kept are looked at by the commit, the value is taken now. */
  #add(type: KvMutationType, key: unknown, value: unknown, expireIn?: unknown): this {
    const isVersioned = type === "set" && Array.isArray(key) && key.at(-1) === COMMIT_VERSIONSTAMP;
    const [kind, bytes] = packKvValue(value, this.#codec);
    const ms = expiryOf(expireIn);
    const own = isVersioned ? (key as unknown[]).slice(0, -1) : key;
    this.#mutations.push(() => [encodeKey(own).toBase64(), isVersioned ? "setVersioned" : type, kind, bytes, ms]);
    return this;
  }
}

function stampOf(versionstamp: unknown): string | null {
  if (versionstamp === undefined || versionstamp === null) return null;
  if (typeof versionstamp === "string") return versionstamp;
  const kind = typeof versionstamp === "number" ? "Number" : typeof versionstamp;
  throw new TypeError(`serde_v8 error: invalid type; expected: string, got: ${kind}`);
}

function expiryOf(expireIn: unknown): number | null {
  if (expireIn === undefined) return null;
  if (Number.isInteger(expireIn) && (expireIn as number) >= 0) return expireIn as number;
  throw new TypeError(`expireIn must be a non-negative integer: received ${expireIn}`);
}

function checkDelay(delay: number): void {
  if (delay < 0) throw new TypeError(`Delay must be >= 0: received ${delay}`);
  if (delay > MAX_DELAY_MS) throw new TypeError(`Delay cannot be greater than 30 days: received ${delay}`);
  if (Number.isNaN(Number(delay))) throw new TypeError("Delay cannot be NaN");
}

function checkBackoff(schedule: readonly number[]): void {
  if (schedule.length > MAX_BACKOFFS) {
    throw new TypeError(`Invalid backoffSchedule, max ${MAX_BACKOFFS} intervals allowed`);
  }
  for (const [index, interval] of schedule.entries()) {
    if (interval >= 0 && interval <= MAX_BACKOFF_MS) continue;
    throw new TypeError(`Invalid backoffSchedule, interval at index ${index} is invalid`);
  }
}
