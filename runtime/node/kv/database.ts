/** `Deno.Kv`: a database of the app, over a binding of its own. */
import type { CallAnswer } from "../../protocol/binding_call.ts";
import { AtomicOperation, COMMIT_VERSIONSTAMP, type CommitResult, type EnqueueOptions } from "./atomic.ts";
import { encodeKey, mustBeList } from "./keys.ts";
import { checkConsistency, KvListIterator, type KvListOptions } from "./list.ts";
import { checkedSelector, type Selector } from "./selector.ts";
import { type KvRecord, type PackedEntry, unpackEntries, type ValueCodec } from "./values.ts";

/** The binding's port, as far as it is needed here. */
export interface KvPort {
  call(
    method: string,
    args: readonly (string | number | boolean | null | Uint8Array)[],
    options?: { readonly body?: string; readonly signal?: AbortSignal },
  ): Promise<CallAnswer>;
}

/** What databases work with. */
export interface KvDatabaseTools {
  readonly port: KvPort;
  readonly codec: ValueCodec;
}

/** Whoever has it may make one. */
const OWN = Symbol("own");
/** Messages whose handlers run at once, as in Deno. */
const MAX_HANDLED = 100;
/** After a failure of the host, before it is asked for messages again. */
const PAUSE_MS = 1000;

class BadResource extends Error {
  override readonly name = "BadResource";
}

/** Named as in Deno. */
export class Kv {
  readonly #id: number;
  readonly #tools: KvDatabaseTools;
  readonly #closing = new AbortController();

  constructor(own?: unknown, id?: number, tools?: KvDatabaseTools) {
    if (own !== OWN) throw new TypeError("Deno.Kv can not be constructed: use Deno.openKv instead");
    this.#id = id!;
    this.#tools = tools!;
  }

  atomic(): AtomicOperation {
    return new AtomicOperation(this.#tools.codec, async (commit) => {
      const { values } = await this.#call("commit", [], { body: JSON.stringify(commit) });
      return values[0] as string | null;
    });
  }

  commitVersionstamp(): symbol {
    return COMMIT_VERSIONSTAMP;
  }

  async get(key: unknown, options?: { readonly consistency?: string }): Promise<KvRecord> {
    if (key === undefined) throw new TypeError("Invalid range");
    return (await this.#read([key], options?.consistency))[0]!;
  }

  async getMany(keys: unknown, options?: { readonly consistency?: string }): Promise<KvRecord[]> {
    return await this.#read(mustBeList(keys), options?.consistency);
  }

  async set(key: unknown, value: unknown, options?: { readonly expireIn?: number }): Promise<CommitResult> {
    return await this.atomic().set(key, value, options).commit();
  }

  async delete(key: unknown): Promise<void> {
    await this.atomic().delete(key).commit();
  }

  list(selector: Selector, options: KvListOptions = {}): KvListIterator {
    const page = async (
      { first, end, limit, reverse }: {
        first: Uint8Array;
        end: Uint8Array;
        limit: number;
        reverse: boolean;
      },
    ) => {
      const answer = await this.#call("list", [first, end, limit, reverse]);
      return { entries: await this.#entries(answer), isLast: answer.values[0] === true };
    };
    return new KvListIterator({ selector: checkedSelector(selector), options, page });
  }

  async enqueue(message: unknown, options?: EnqueueOptions): Promise<CommitResult> {
    return await this.atomic().enqueue(message, options).commit();
  }

  async listenQueue(handler: (message: unknown) => unknown): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) throw new Error("Queue already closed");
    const handled = new Set<Promise<void>>();
    while (!signal.aborted) {
      if (handled.size >= MAX_HANDLED) await Promise.race(handled);
      const message = await this.#nextMessage();
      if (message === null) continue;
      const done = this.#handle(message, handler).finally(() => handled.delete(done));
      handled.add(done);
    }
  }

  watch(keys: unknown): ReadableStream<KvRecord[]> {
    const encoded = mustBeList(keys).map(encodeKey);
    let known = encoded.map(() => "");
    let isFirst = true;
    const cancelled = new AbortController();
    return new ReadableStream<KvRecord[]>({
      pull: async (controller) => {
        for (;;) {
          const signal = AbortSignal.any([cancelled.signal, this.#closing.signal]);
          const args = encoded.flatMap((key, at) => [known[at]!, key]);
          const answer = await this.#call("watch", args, { signal });
          const found = await this.#entries(answer);
          if (found.length === 0 && !(isFirst && encoded.length === 0)) continue;
          isFirst = false;
          known = found.map(({ version }) => version);
          return controller.enqueue(found.map(({ entry }) => entry));
        }
      },
      cancel: () => cancelled.abort(),
    }, { highWaterMark: 0 });
  }

  close(): void {
    if (this.#closing.signal.aborted) throw badResource();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#tools.port.call("close", [this.#id]).catch(() => {});
  }

  async #call(...[method, args, options]: Parameters<KvPort["call"]>): Promise<CallAnswer> {
    if (this.#closing.signal.aborted) throw badResource();
    try {
      return await this.#tools.port.call(method, [this.#id, ...args], options);
    } catch (error) {
      const { name } = error as { name?: unknown };
      throw name === "BadResource" || this.#closing.signal.aborted ? badResource() : error;
    }
  }

  async #read(keys: readonly unknown[], consistency: unknown): Promise<KvRecord[]> {
    checkConsistency(consistency);
    const answer = await this.#call("read", keys.map(encodeKey));
    return (await this.#entries(answer)).map(({ entry }) => entry);
  }

  async #entries({ body }: CallAnswer): Promise<PackedEntry[]> {
    return unpackEntries(await bytesOf(body), this.#tools.codec);
  }

  /** Null when there is none yet. */
  async #nextMessage(): Promise<{ readonly id: number; readonly payload: Uint8Array } | null> {
    try {
      const { values: [id, payload] } = await this.#call("take", [], { signal: this.#closing.signal });
      return id === undefined ? null : { id: id as number, payload: payload as Uint8Array };
    } catch {
      if (!this.#closing.signal.aborted) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      return null;
    }
  }

  async #handle(
    { id, payload }: { readonly id: number; readonly payload: Uint8Array },
    handler: (message: unknown) => unknown,
  ): Promise<void> {
    let isDone = false;
    try {
      await handler(this.#tools.codec.valueOf(payload));
      isDone = true;
    } catch (error) {
      console.error("Exception in queue handler", error);
    }
    // Not by #call: one whose handler was running when the database was closed is settled all the same.
    await this.#tools.port.call("finish", [this.#id, id, isDone]).catch(() => {});
  }
}

/** Opens one. */
export async function openKv(path: unknown, tools: KvDatabaseTools): Promise<Kv> {
  const { values } = await tools.port.call("open", [path === undefined || path === null ? null : String(path)]);
  return new Kv(OWN, values[0] as number, tools);
}

/** Longer answers are streams. */
async function bytesOf(body: CallAnswer["body"]): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  return body instanceof Uint8Array ? body : new Uint8Array(await new Response(body).arrayBuffer());
}

function badResource(): Error {
  const { Deno: own } = globalThis as unknown as { Deno?: { errors?: { BadResource?: typeof BadResource } } };
  return new (own?.errors?.BadResource ?? BadResource)("Bad resource ID");
}
