/** Long values of a KV namespace on NATS: in parts, as messages have a megabyte at most. */
import type { Reached } from "../nats_session.ts";
import { atOnce } from "../at_once.ts";
import { keptPart, PART_BYTES, PARTS_AT_ONCE } from "../kept_part.ts";
import type { KvParts } from "./kv_entry.ts";
import type { KvNames } from "./store_names.ts";

/** The values of a namespace. */
export class KvPartsOf {
  readonly #names: KvNames;

  constructor(names: KvNames) {
    this.#names = names;
  }

  /** @param ttl after which servers forget it, or null */
  async put({ js }: Reached, key: string, value: Uint8Array, ttl: string | null): Promise<KvParts> {
    const id = crypto.randomUUID().replaceAll("-", "");
    const count = Math.ceil(value.byteLength / PART_BYTES);
    await atOnce(numbers(count), PARTS_AT_ONCE, async (at) => {
      const part = value.subarray(at * PART_BYTES, (at + 1) * PART_BYTES);
      await js.publish(this.#subject(key, id, at), part, ttl === null ? {} : { ttl });
    });
    return { id, count };
  }

  /** @returns null when a part is missing, as when the value was replaced meanwhile */
  async get(reached: Reached, key: string, { id, count }: KvParts, size: number): Promise<Uint8Array | null> {
    const value = new Uint8Array(size);
    const found = await atOnce(numbers(count), PARTS_AT_ONCE, async (at) => {
      const part = await keptPart(reached, this.#names.stream, this.#subject(key, id, at));
      if (part !== null) value.set(part, at * PART_BYTES);
      return part !== null;
    });
    return found.every(Boolean) ? value : null;
  }

  /**
   * Removes what came before an entry: values that it has replaced, and what kills have left. Whoever puts another value
   * meanwhile has read an entry before this one, and fails by compare-and-set, or puts its parts after it.
   * @param before sequence of the entry
   * @param own parts of it, which came before it too
   */
  async remove(
    { jsm }: Reached,
    key: string,
    { before, own }: { readonly before: number; readonly own: KvParts | null },
  ): Promise<void> {
    const { stream, parts } = this.#names;
    const all = `${parts}${key}.>`;
    if (own === null) {
      await jsm.streams.purge(stream, { filter: all, seq: before });
      return;
    }
    const { state } = await jsm.streams.info(stream, { subjects_filter: all });
    const at = parts.length + key.length + 1;
    const ids = new Set(
      Object.keys(state.subjects ?? {}).map((subject) => subject.slice(at, subject.lastIndexOf("."))),
    );
    ids.delete(own.id);
    for (const id of ids) await jsm.streams.purge(stream, { filter: `${parts}${key}.${id}.>`, seq: before });
  }

  #subject(key: string, id: string, at: number): string {
    return `${this.#names.parts}${key}.${id}.${at}`;
  }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
