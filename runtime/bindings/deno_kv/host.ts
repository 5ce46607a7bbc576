/** What `Deno.openKv` does in the host: keeps databases of the app in a store, waits for messages and changes. */
import { createHash } from "node:crypto";
import type { ByteBudget } from "../../data/byte_budget.ts";
import type { DenoKvStore } from "../../data/deno_kv_store.ts";
import {
  MAX_COMMIT_CHARS,
  MAX_ENTRIES_A_READ,
  MAX_KEYS_A_READ,
  MAX_READ_KEY_BYTES,
  MAX_VALUE_BYTES,
  MEMORY_PATH,
} from "../../protocol/deno_kv.ts";
import {
  type BindingCall,
  BindingError,
  type BindingHost,
  type CallAnswer,
  type CallBody,
  type Plain,
} from "../../protocol/binding_call.ts";

/** A listener or watcher is answered after this long, with nothing, and asks again: before a call would be given up. */
const WAIT_MS = 20_000;
/** Of one isolate: they take memory of the host. */
const MAX_MEMORY_DATABASES = 4;
const MEMORY_DATABASE_BYTES = 8 * 1024 * 1024;
/** Names that one isolate may open; the app may have more, one file has them all. */
const MAX_OPEN = 256;
/** Few keys have their values without waiting. */
const FREE_KEYS = 4;
const PLAIN_NAME = /^[a-z0-9._-]{1,64}$/i;

const NOTHING: CallAnswer = { values: [], body: null };
const decoder = new TextDecoder();

/** What it works with. */
export interface DenoKvTools {
  readonly store: DenoKvStore;
  /** Opens a database that is in memory. */
  readonly memory: () => DenoKvStore;
  /** What many values have to wait for. */
  readonly budget: ByteBudget;
  /** What the app's databases may hold together. */
  readonly maxBytes: number;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

interface Database {
  readonly store: DenoKvStore;
  readonly space: string;
  readonly maxBytes: number;
  readonly isInMemory: boolean;
}

/** The databases of one isolate. */
export class DenoKvHost implements BindingHost {
  readonly methods = ["open", "close", "read", "list", "commit", "take", "finish", "watch"];
  storedBytes: number | null = null;
  readonly #tools: DenoKvTools;
  /** In what it has taken, of the leases of this process. */
  readonly #listener = crypto.randomUUID();
  readonly #open = new Map<number, Database>();
  readonly #bySpace = new Map<string, number>();
  readonly #taken = new Set<DenoKvStore>();
  #next = 1;
  #closed = false;

  constructor(tools: DenoKvTools) {
    this.#tools = tools;
  }

  /** Answers the methods of node/deno_kv.ts. */
  async call({ method, args: [database, ...args], body, signal }: BindingCall): Promise<CallAnswer> {
    if (method === "open") return { values: [await this.#opened(database)], body: null };
    const found = this.#open.get(database as number);
    if (found === undefined) throw new BindingError("Bad resource ID", { name: "BadResource" });
    switch (method) {
      case "close":
        return await this.#close(database as number, found);
      case "read":
        return await this.#read(found, args, signal);
      case "list":
        return await this.#list(found, args);
      case "commit": {
        const { versionstamp, storedBytes } = await found.store.commit(
          found.space,
          await textOf(body),
          found.maxBytes,
        );
        if (!found.isInMemory) this.storedBytes = storedBytes;
        return { values: [versionstamp], body: null };
      }
      case "take":
        return await this.#take(found, signal);
      case "finish":
        await found.store.finish(this.#listener, args[0] as number, args[1] === true);
        return NOTHING;
      case "watch":
        return await this.#watch(found, args, signal);
      default:
        throw new BindingError(`Cannot call "${method}" of Deno.Kv: it has no such method`, { name: "TypeError" });
    }
  }

  /** What was taken is for others now; who dies before that leaves it to the next process. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const store of this.#taken) store.release(this.#listener, null).catch(() => {});
    for (const { store, isInMemory } of this.#open.values()) if (isInMemory) store.drop().catch(() => {});
    this.#open.clear();
  }

  #opened(path: Plain | undefined): number | Promise<number> {
    if (path !== null && typeof path !== "string") throw refused("Cannot open a database: its path is no text");
    if (path === MEMORY_PATH) return this.#openedMemory();
    if (path !== null && /^[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
      const rule = "NANO keeps what it is given on its own machine, and opens no database of another one";
      throw refused(`Cannot open "${path.slice(0, 200)}": ${rule}`);
    }
    const space = path === null ? "" : PLAIN_NAME.test(path) ? path : `#${hashOf(path)}`;
    const known = this.#bySpace.get(space);
    if (known !== undefined) return known;
    if (this.#bySpace.size >= MAX_OPEN) throw refused(`Cannot open a database: ${MAX_OPEN} are open already`);
    const { store, maxBytes } = this.#tools;
    const id = this.#next++;
    this.#bySpace.set(space, id);
    this.#open.set(id, { store, space, maxBytes, isInMemory: false });
    return id;
  }

  async #openedMemory(): Promise<number> {
    const open = [...this.#open.values()].filter(({ isInMemory }) => isInMemory).length;
    if (open >= MAX_MEMORY_DATABASES) {
      throw refused(`Cannot open a database in memory: ${MAX_MEMORY_DATABASES} are open already`);
    }
    const id = this.#next++;
    const store = this.#tools.memory();
    this.#open.set(id, { store, space: "", maxBytes: MEMORY_DATABASE_BYTES, isInMemory: true });
    await store.open();
    return id;
  }

  /** Others may have the same database open still: only what is in memory ends. */
  async #close(id: number, { store, isInMemory }: Database): Promise<CallAnswer> {
    if (!isInMemory) return NOTHING;
    this.#open.delete(id);
    this.#taken.delete(store);
    await store.drop();
    return NOTHING;
  }

  async #read({ store, space }: Database, args: readonly Plain[], signal: AbortSignal): Promise<CallAnswer> {
    if (args.length > MAX_KEYS_A_READ) throw refused(`Too many ranges (max ${MAX_KEYS_A_READ})`);
    const keys = args.map((one) => oneKeyOf(one));
    if (keys.length <= FREE_KEYS) return { values: [], body: await store.read(space, keys) };
    const giveBack = await this.#tools.budget.take(keys.length * MAX_VALUE_BYTES, signal);
    try {
      return { values: [], body: await store.read(space, keys) };
    } finally {
      giveBack();
    }
  }

  async #list({ store, space }: Database, [first, end, limit, reverse]: readonly Plain[]): Promise<CallAnswer> {
    if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1) throw refused("Invalid limit");
    if (limit > MAX_ENTRIES_A_READ) throw refused(`Too many entries (max ${MAX_ENTRIES_A_READ})`);
    const range = { first: keyOf(first), end: keyOf(end), limit, reverse: reverse === true };
    const { isLast, entries } = await store.list(space, range);
    return { values: [isLast], body: entries };
  }

  /** @returns id and payload of a message, or nothing after a while */
  async #take({ store, space }: Database, signal: AbortSignal): Promise<CallAnswer> {
    const until = this.#tools.now() + WAIT_MS;
    for (;;) {
      if (this.#closed || signal.aborted) return NOTHING;
      // Begun before the look, so that no change falls between the two.
      const looked = new AbortController();
      const changed = store.changed({ waitMs: WAIT_MS, signal: AbortSignal.any([signal, looked.signal]) });
      this.#taken.add(store);
      try {
        const found = await store.take(space, this.#listener);
        if (found.id !== null) {
          if (!signal.aborted) return { values: [found.id, found.payload], body: null };
          await store.release(this.#listener, found.id);
          return NOTHING;
        }
        const now = this.#tools.now();
        if (now >= until) return NOTHING;
        const waitMs = Math.min(until, found.nextAt ?? until) - now;
        await Promise.race([changed, store.changed({ waitMs: Math.max(1, waitMs), signal: looked.signal })]);
      } finally {
        looked.abort();
      }
    }
  }

  /** @param args of each key the version that is known, as text, or null for none, or "" when nothing is known */
  async #watch({ store, space }: Database, args: readonly Plain[], signal: AbortSignal): Promise<CallAnswer> {
    const keys = args.filter((_, at) => at % 2 === 1).map((one) => oneKeyOf(one));
    const known = args.filter((_, at) => at % 2 === 0);
    if (keys.length > MAX_KEYS_A_READ) throw refused(`Too many keys (max ${MAX_KEYS_A_READ})`);
    const giveBack = await this.#tools.budget.take(keys.length * MAX_VALUE_BYTES, signal);
    const looked = new AbortController();
    try {
      const waitMs = WAIT_MS;
      const changed = store.changed({ waitMs, signal: AbortSignal.any([signal, looked.signal]) });
      let body = await store.read(space, keys);
      if (versionsOf(body).some((version, at) => version !== known[at])) return { values: [], body };
      await changed;
      body = await store.read(space, keys);
      return versionsOf(body).some((version, at) => version !== known[at]) ? { values: [], body } : NOTHING;
    } finally {
      looked.abort();
      giveBack();
    }
  }
}

/** Of packed entries: hexadecimal digits of each version; see protocol/deno_kv.ts. */
function versionsOf(body: Uint8Array<ArrayBuffer>): string[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const found: string[] = [];
  for (let at = 0; at < body.byteLength; at += 17 + view.getUint32(at) + view.getUint32(at + 4)) {
    found.push(view.getBigUint64(at + 9).toString(16));
  }
  return found;
}

function keyOf(value: Plain | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw refused("Invalid key");
  if (value.byteLength > MAX_READ_KEY_BYTES) throw refused(`Key too large for read (max ${MAX_READ_KEY_BYTES} bytes)`);
  return value;
}

/** As Deno has it: one key is a range that ends a byte later. */
function oneKeyOf(value: Plain | undefined): Uint8Array {
  const key = keyOf(value);
  return key.byteLength < MAX_READ_KEY_BYTES ? key : keyOf(new Uint8Array(MAX_READ_KEY_BYTES + 1));
}

/** Of a commit, whose length is bounded before it is read whole. */
async function textOf(body: CallBody): Promise<string> {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return decoder.decode(body);
  if (body === null) return "";
  const parts: string[] = [];
  const ofStream = new TextDecoder();
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > MAX_COMMIT_CHARS) throw refused("Cannot write: the commit is too large");
    parts.push(ofStream.decode(chunk, { stream: true }));
  }
  return parts.join("") + ofStream.decode();
}

function hashOf(path: string): string {
  return createHash("sha256").update(path).digest("hex").slice(0, 32);
}

function refused(message: string): BindingError {
  return new BindingError(message, { name: "TypeError" });
}
