/** Values by text within a bound of bytes; the least used go. */

/** What an entry takes beside its text and value, roughly. */
const ENTRY_BYTES = 256;

/** Keeps values. */
export class ByteCache<Value> {
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, { readonly value: Value; readonly bytes: number }>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of all that is kept, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  /** By which something is kept. */
  get keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** What is kept, which counts as a use. */
  find(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value in the place of another one. @param bytes that it takes, roughly */
  keep(key: string, value: Value, bytes: number): void {
    this.forget(key);
    const entry = { value, bytes: ENTRY_BYTES + 2 * key.length + bytes };
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.forget(oldest);
    }
  }

  /** Keeps it no more. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
