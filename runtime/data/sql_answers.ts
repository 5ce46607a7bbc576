/**
 * Answers of databases that stay the same until something is written, in the memory of the host: all that writes to them
 * is told to it.
 */
import { ByteCache } from "./byte_cache.ts";
import { SQL_ANSWER } from "./sql_messages.ts";
import type { SqlEnd } from "./sql_queue.ts";

/** Of all databases together. */
const MAX_BYTES = 32 * 1024 * 1024;
/** A longer answer is asked for again each time. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Longer statements are run again each time. */
const MAX_ASKED_CHARS = 8 * 1024;
/** How the JSON of one query that only selects begins, as d1/isolate.ts writes it, and how its text may end. */
const READING = /^\[\{"sql":"(?:\s|\\[nrt])*select\b/i;
const BLANK = /^(?:\s|\\[nrt])*$/;
const SQL_END = '","params":';

/** An answer that is kept. */
export interface KeptAnswer {
  /** JSON as data/sql_file.ts writes it. */
  readonly json: string;
  /** That the database holds. */
  readonly storedBytes: number;
}

interface Known {
  /** Counts what may have changed the database. */
  version: number;
  /** Calls on their way that may change it. */
  writes: number;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Answers of all databases. */
export class SqlAnswers {
  readonly #kept: ByteCache<KeptAnswer>;
  readonly #stores = new Map<string, Known>();

  constructor(maxBytes: number = MAX_BYTES) {
    this.#kept = new ByteCache(maxBytes);
  }

  /** What a database answers to one query, or undefined; never while a call is under way that may change it. */
  find(store: string, asked: string): KeptAnswer | undefined {
    const known = this.#stores.get(store);
    if (known === undefined || known.writes > 0) return undefined;
    return this.#kept.find(idOf(store, known, asked));
  }

  /**
   * Runs a call, and keeps its answer when nothing was written meanwhile.
   * @param asked statements of one query, or null for whatever else
   */
  async follow(store: string, asked: string | null, run: () => Promise<SqlEnd>): Promise<SqlEnd> {
    const known = this.#of(store);
    const { version } = known;
    const onlyReads = asked !== null && isOneSelect(asked);
    if (!onlyReads) known.writes++;
    let hasChanged = true;
    try {
      const ended = await run();
      if (ended.end !== "answered") return ended;
      const { kind, text, storedBytes } = ended.answer;
      hasChanged = kind !== SQL_ANSWER.LASTING && kind !== SQL_ANSWER.READ;
      const isShort = text.length <= MAX_ANSWER_BYTES && asked !== null && asked.length <= MAX_ASKED_CHARS;
      if (kind === SQL_ANSWER.LASTING && isShort && known.version === version) {
        const json = typeof text === "string" ? text : decoder.decode(text);
        this.#kept.keep(idOf(store, known, asked), { json, storedBytes }, 2 * json.length);
      }
      return ended;
    } finally {
      if (!onlyReads) known.writes--;
      if (hasChanged) known.version++;
    }
  }

  /** Something else has changed a database. */
  forget(store: string): void {
    this.#of(store).version++;
  }

  #of(store: string): Known {
    const known = this.#stores.get(store) ?? { version: 0, writes: 0 };
    this.#stores.set(store, known);
    return known;
  }
}

/** A text of several statements may write behind the first one. */
function isOneSelect(asked: string): boolean {
  if (!READING.test(asked)) return false;
  const end = asked.indexOf(SQL_END);
  const semicolon = asked.indexOf(";");
  return end !== -1 && (semicolon === -1 || semicolon > end || BLANK.test(asked.slice(semicolon + 1, end)));
}

/** What was of an earlier version is found no more, and goes as the least used. Names of stores have no space. */
function idOf(store: string, { version }: Known, asked: string): string {
  return `${store} ${version} ${asked}`;
}
