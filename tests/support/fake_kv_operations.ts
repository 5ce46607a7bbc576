/** KV namespaces of a fake NANO, in memory. */
import { type ChangeRequest, type KvOperations, type KvPut, NanoError } from "../../runtime/mod.ts";

interface Entry {
  readonly value: Uint8Array;
  readonly metadata: string | null;
  readonly expiration: number | null;
}

/** The namespaces `cache`, which two apps use, and `left`, which none does. */
export class FakeKvOperations implements KvOperations {
  readonly memory = new Map<string, Map<string, Entry>>([["cache", new Map()], ["left", new Map()]]);
  readonly #record: (action: "kv.put" | "kv.delete", detail: string, by: ChangeRequest) => void;

  constructor(record: (action: "kv.put" | "kv.delete", detail: string, by: ChangeRequest) => void) {
    this.#record = record;
  }

  // deno-lint-ignore require-await
  async list() {
    return [...this.memory].map(([name, entries]) => ({
      name,
      uses: name === "cache" ? [{ app: "app-1", binding: "CACHE" }, { app: "app-2", binding: "KV" }] : [],
      bytes: [...entries.values()].reduce((sum, { value }) => sum + value.byteLength, 0),
      maxBytes: 1024 ** 3,
      keys: entries.size,
      hasMoreKeys: false,
    }));
  }

  // deno-lint-ignore require-await
  async keys(namespace: string, { prefix, cursor, limit }: Parameters<KvOperations["keys"]>[1]) {
    const names = [...this.#of(namespace).keys()].sort().filter((name) =>
      name.startsWith(prefix) && name > (cursor ?? "")
    );
    const keys = names.slice(0, limit).map((name) => {
      const { expiration, metadata } = this.#of(namespace).get(name)!;
      return { name, expiration, metadata };
    });
    return { keys, cursor: names.length > limit ? keys.at(-1)!.name : null };
  }

  // deno-lint-ignore require-await
  async get(namespace: string, key: string) {
    const entry = this.#of(namespace).get(key);
    if (entry === undefined) return null;
    const { value, ...rest } = entry;
    return { body: value, ...rest };
  }

  // deno-lint-ignore require-await
  async getMany(namespace: string, keys: readonly string[]) {
    return new Map(keys.map((key) => [key, this.#of(namespace).get(key)?.value ?? null]));
  }

  async put(namespace: string, entry: Parameters<KvOperations["put"]>[1], by: ChangeRequest): Promise<void> {
    const value = await new Response(entry.value as BodyInit).bytes();
    await this.putMany(namespace, [{ ...entry, value }], by);
  }

  // deno-lint-ignore require-await
  async putMany(namespace: string, entries: readonly KvPut[], by: ChangeRequest) {
    for (const { key, value, metadata, expiration } of entries) {
      this.#of(namespace).set(key, { value, metadata, expiration });
    }
    this.#record("kv.put", `Put ${entries.length} into "${namespace}"`, by);
    return { done: entries.length, failed: [] };
  }

  // deno-lint-ignore require-await
  async delete(namespace: string, keys: readonly string[], by: ChangeRequest): Promise<void> {
    for (const key of keys) this.#of(namespace).delete(key);
    this.#record("kv.delete", `Deleted ${keys.length} of "${namespace}"`, by);
  }

  #of(namespace: string): Map<string, Entry> {
    const found = this.memory.get(namespace);
    if (found === undefined) throw new NanoError("NOT_FOUND", `Cannot find KV namespace "${namespace}"`);
    return found;
  }
}
