/** R2 buckets of a fake NANO, in memory. */
import {
  type ChangeRequest,
  NanoError,
  type R2ObjectView,
  type R2Operations,
  type R2Value,
} from "../../runtime/mod.ts";

/** The bucket `files`, which one app uses. */
export class FakeR2Operations implements R2Operations {
  readonly memory = new Map<string, { readonly object: R2ObjectView; readonly body: Uint8Array<ArrayBuffer> }>();
  /** Thrown by the next puts. */
  refusal: NanoError | null = null;
  readonly #record: (action: "r2.put" | "r2.delete", detail: string, by: ChangeRequest) => void;

  constructor(record: (action: "r2.put" | "r2.delete", detail: string, by: ChangeRequest) => void) {
    this.#record = record;
  }

  // deno-lint-ignore require-await
  async list() {
    const bytes = [...this.memory.values()].reduce((sum, { object }) => sum + object.size, 0);
    const uses = [{ app: "app-1", binding: "FILES" }];
    return [{ name: "files", uses, bytes, maxBytes: 1024 ** 3, objects: this.memory.size, hasMoreObjects: false }];
  }

  // deno-lint-ignore require-await
  async objects(bucket: string, { prefix, delimiter, cursor, limit }: Parameters<R2Operations["objects"]>[1]) {
    this.#check(bucket);
    const found = new Map<string, R2ObjectView | null>();
    for (const key of [...this.memory.keys()].sort().filter((key) => key.startsWith(prefix))) {
      const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
      if (end < 0) found.set(key, this.memory.get(key)!.object);
      else found.set(key.slice(0, end + 1), null);
    }
    const names = [...found.keys()].filter((name) => name > (cursor ?? ""));
    const shown = names.slice(0, limit);
    return {
      objects: shown.map((name) => found.get(name)!).filter((object) => object !== null),
      prefixes: shown.filter((name) => found.get(name) === null),
      cursor: names.length > limit ? shown.at(-1)! : null,
    };
  }

  // deno-lint-ignore require-await
  async head(bucket: string, key: string) {
    this.#check(bucket);
    return this.memory.get(key)?.object ?? null;
  }

  // deno-lint-ignore require-await
  async get(bucket: string, key: string) {
    this.#check(bucket);
    return this.memory.get(key) ?? null;
  }

  async put(bucket: string, { key, body, http }: R2Value, by: ChangeRequest) {
    this.#check(bucket);
    if (this.refusal !== null) throw this.refusal;
    const bytes = await new Response(body as BodyInit).bytes();
    const object = { key, size: bytes.length, etag: "e", uploaded: 0, storageClass: "Standard", http, custom: {} };
    this.memory.set(key, { object, body: bytes });
    this.#record("r2.put", `Put "${key}" into R2 bucket "${bucket}"`, by);
    return object;
  }

  // deno-lint-ignore require-await
  async delete(bucket: string, keys: readonly string[], by: ChangeRequest) {
    this.#check(bucket);
    for (const key of keys) this.memory.delete(key);
    this.#record("r2.delete", `Deleted ${keys.join(", ")} of R2 bucket "${bucket}"`, by);
  }

  #check(bucket: string): void {
    if (bucket !== "files") throw new NanoError("NOT_FOUND", `Cannot use R2 bucket "${bucket}": there is none`);
  }
}
