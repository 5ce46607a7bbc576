/** The entries of a store: what stands under each key is the newest message of its subject, as the stream's leader has it. */
import type { Reached } from "../nats_session.ts";
import { atOnce } from "../at_once.ts";

/** Entries asked for at once by one call. */
export const ENTRIES_AT_ONCE = 32;
/** How long the message of a deleted key stays: far longer than a try of a change can be late. */
export const DELETED_SECONDS = 300;
/** Messages of keys without a value that a list takes along; servers from 2.11 on forget them by themselves. */
export const SWEPT_A_LIST = 20;
/** Keys that are looked at to be counted; of more, those that ended lately are counted too. */
export const COUNTED_EXACTLY = 1_000;

/** When and where an entry was kept. */
export interface EntryPlace {
  /** Of the message in its stream. */
  readonly sequence: number;
  /** When it was kept, in ms since the epoch by the server's clock. */
  readonly at: number;
}

/** Where they are. */
export interface EntryNames {
  readonly stream: string;
  /** Before the part of a key. */
  readonly entries: string;
}

/** Looks them up. */
export class KeyEntries<Entry> {
  readonly #names: EntryNames;
  readonly #decode: (message: Uint8Array) => Entry;

  constructor(names: EntryNames, decode: (message: Uint8Array) => Entry) {
    this.#names = names;
    this.#decode = decode;
  }

  /** What stands under a key, whether it has ended or not. */
  async newest({ jsm }: Reached, part: string): Promise<Entry & EntryPlace | null> {
    const { stream, entries } = this.#names;
    const message = await jsm.streams.getMessage(stream, { last_by_subj: `${entries}${part}` });
    return message && { ...this.#decode(message.data), sequence: message.seq, at: message.time.getTime() };
  }

  /** The same of several keys, in their order. */
  newestOf(reached: Reached, parts: readonly string[]): Promise<(Entry & EntryPlace | null)[]> {
    return atOnce(parts, ENTRIES_AT_ONCE, (part) => this.newest(reached, part));
  }

  /** Parts of all keys that begin with one, in order. */
  async parts({ jsm }: Reached, prefix: string): Promise<string[]> {
    const { stream, entries } = this.#names;
    const { state } = await jsm.streams.info(stream, { subjects_filter: `${entries}>` });
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(entries.length))
      .filter((part) => part.startsWith(prefix)).sort();
  }
}
