/** Values by text within a bound of bytes; those not used for long go. */

/** What an entry takes beside its text and value, roughly. */
const ENTRY_BYTES = 256;

interface Entry<Value> {
  readonly value: Value;
  readonly bytes: number;
}

/** Entries that were used last in the same span of time. */
class Generation<Value> {
  readonly entries = new Map<string, Entry<Value>>();
  bytes = 0;

  add(key: string, entry: Entry<Value>): void {
    this.entries.set(key, entry);
    this.bytes += entry.bytes;
  }

  /** @returns what was taken out */
  take(key: string): Entry<Value> | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.entries.delete(key);
    this.bytes -= entry.bytes;
    return entry;
  }
}

/**
 * Keeps values, in two halves: what is used is in the young one, and when that is full, it is the old one, and what was
 * not used since goes. One Map in the order of last use costs more the fuller it is: 12 µs to find the oldest of 30,000
 * behind the places of those that have gone, and a new table for each 15,000 uses.
 */
export class ByteCache<Value> {
  readonly #halfBytes: number;
  #young = new Generation<Value>();
  #old = new Generation<Value>();

  constructor(maxBytes: number) {
    this.#halfBytes = maxBytes / 2;
  }

  /** Bytes of all that is kept, roughly. */
  get bytes(): number {
    return this.#young.bytes + this.#old.bytes;
  }

  /** By which something is kept. */
  get keys(): Iterable<string> {
    return [...this.#young.entries.keys(), ...this.#old.entries.keys()];
  }

  /** What is kept, which counts as a use. */
  find(key: string): Value | undefined {
    const young = this.#young.entries.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.take(key);
    if (old === undefined) return undefined;
    this.#add(key, old);
    return old.value;
  }

  /** Keeps a value in the place of another one; none that takes more than half of the bound. @param bytes that it takes, roughly */
  keep(key: string, value: Value, bytes: number): void {
    this.forget(key);
    const entry = { value, bytes: ENTRY_BYTES + 2 * key.length + bytes };
    if (entry.bytes <= this.#halfBytes) this.#add(key, entry);
  }

  /** Keeps it no more. */
  forget(key: string): void {
    this.#young.take(key) ?? this.#old.take(key);
  }

  #add(key: string, entry: Entry<Value>): void {
    if (this.#young.bytes + entry.bytes > this.#halfBytes) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.add(key, entry);
  }
}
