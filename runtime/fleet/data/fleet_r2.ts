/** A bucket that a fleet keeps, as a node has it: bytes go through the thread a piece at a time, no faster than they are taken. */
import { r2Error } from "../../data/r2_error.ts";
import type { PutOptions, R2Body, R2Found, R2Store, R2Written, TakeOptions } from "../../data/r2_store.ts";
import { messageOf } from "../../errors.ts";
import { BindingError } from "../../protocol/binding_call.ts";
import type { R2Asked } from "../link_messages.ts";
import type { Exchange } from "../link_thread.ts";
import { answerValue, type DataLink } from "./data_link.ts";

/** What a stream has under way at once at most: four parts, and one in each hand. */
const WINDOW_BYTES = 1.5 * 1024 * 1024;
/** Of a body that came whole: pieces of it are copied, as they are handed over. */
const PIECE_BYTES = 256 * 1024;
/** Of one part of an object with all its tries in the thread, and their end. */
const PIECE_MS = 35_000;

/** What an app's call is called in its errors, as on Workers. */
const ACTIONS: Readonly<Record<keyof R2Store, string>> = {
  head: "head",
  count: "count",
  get: "get",
  put: "put",
  delete: "delete",
  list: "list",
  createUpload: "createMultipartUpload",
  uploadPart: "uploadPart",
  completeUpload: "completeMultipartUpload",
  abortUpload: "abortMultipartUpload",
};
const READS: ReadonlySet<string> = new Set<keyof R2Store>(["head", "count", "get", "list"]);

/** The bucket of a name. */
export class FleetR2 implements R2Store {
  readonly #link: DataLink;
  readonly #name: string;

  constructor(link: DataLink, name: string) {
    this.#link = link;
    this.#name = name;
  }

  async head(key: string): Promise<string | null> {
    return await this.#ask("head", [key]) as string | null;
  }

  async count(most: number): ReturnType<R2Store["count"]> {
    return await this.#ask("count", [most]) as Awaited<ReturnType<R2Store["count"]>>;
  }

  async get(key: string, { signal, ...options }: Parameters<R2Store["get"]>[1]): Promise<R2Found | null> {
    return await this.#told("get", async () => {
      const exchange = await this.#link.open(WINDOW_BYTES);
      try {
        exchange.send({ data: this.#data("get", [key, options]) });
        const found = answerValue(await exchange.next(this.#link.callMs)) as R2Asked | null;
        if (found !== null && "streamed" in found) {
          const { entry, streamed } = found;
          return { entry, content: { ...streamed, body: this.#body(exchange, signal) } };
        }
        exchange[Symbol.dispose]();
        return found;
      } catch (error) {
        exchange[Symbol.dispose]();
        throw error;
      }
    });
  }

  put(key: string, body: R2Body, { signal, ...options }: PutOptions): Promise<R2Written> {
    return this.#take("put", { args: [key, options], body, signal }) as Promise<R2Written>;
  }

  async delete(keys: readonly string[]): Promise<number> {
    return await this.#ask("delete", [keys]) as number;
  }

  async list(options: Parameters<R2Store["list"]>[0]): ReturnType<R2Store["list"]> {
    return await this.#ask("list", [options]) as Awaited<ReturnType<R2Store["list"]>>;
  }

  async createUpload(...args: Parameters<R2Store["createUpload"]>): Promise<string> {
    return await this.#ask("createUpload", args) as string;
  }

  uploadPart(
    key: string,
    part: Parameters<R2Store["uploadPart"]>[1],
    body: R2Body,
    { signal, ...options }: TakeOptions,
  ): ReturnType<R2Store["uploadPart"]> {
    return this.#take("uploadPart", { args: [key, part, options], body, signal }) as ReturnType<R2Store["uploadPart"]>;
  }

  async completeUpload(...args: Parameters<R2Store["completeUpload"]>): Promise<R2Written> {
    return await this.#ask("completeUpload", args) as R2Written;
  }

  async abortUpload(...args: Parameters<R2Store["abortUpload"]>): Promise<number> {
    return await this.#ask("abortUpload", args) as number;
  }

  #ask(method: keyof R2Store, args: readonly unknown[]): Promise<unknown> {
    return this.#told(method, () => this.#link.ask(this.#data(method, args), 0));
  }

  #data(method: keyof R2Store, args: readonly unknown[]) {
    return { kind: "r2", store: this.#name, method, args } as const;
  }

  /** Gives the thread a piece of a body whenever it asks for one, until it answers. */
  #take(method: "put" | "uploadPart", { args, body, signal }: {
    readonly args: readonly unknown[];
    readonly body: R2Body;
    readonly signal: AbortSignal;
  }): Promise<unknown> {
    return this.#told(method, async () => {
      signal.throwIfAborted();
      const reader = (body instanceof Uint8Array ? piecesOf(body) : body).getReader();
      // A read that waits ends, too.
      const onAbort = () => void reader.cancel(signal.reason).catch(() => {});
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        using exchange = await this.#link.open(WINDOW_BYTES);
        exchange.send({ data: this.#data(method, args) });
        for (;;) {
          // After the last piece the parts under way are waited for, and the change is made.
          const answer = await exchange.next(PIECE_MS + 3 * this.#link.callMs);
          if (!("wants" in answer)) {
            signal.throwIfAborted();
            return answerValue(answer);
          }
          await sendPiece(exchange, reader, signal);
        }
      } finally {
        signal.removeEventListener("abort", onAbort);
        reader.cancel().catch(() => {});
      }
    }, signal);
  }

  /** The pieces of an object, each fetched when it is asked for. The exchange ends with it. */
  #body(exchange: Exchange, signal: AbortSignal): ReadableStream<Uint8Array> {
    const end = (isWhole: boolean) => {
      signal.removeEventListener("abort", onAbort);
      if (!isWhole) exchange.send({ next: "stop" });
      exchange[Symbol.dispose]();
    };
    const onAbort = () => end(false);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await this.#told("get", async () => {
          if (signal.aborted) throw new Error("The call was given up");
          exchange.send({ next: "piece" });
          const answer = await exchange.next(PIECE_MS);
          if (!("piece" in answer)) throw new Error(String(answerValue(answer)));
          if (answer.piece === null) {
            end(true);
            controller.close();
          } else controller.enqueue(answer.piece as Uint8Array);
        }).catch((error) => {
          end(true);
          throw error;
        });
      },
      cancel: () => end(false),
    }, { highWaterMark: 0 });
  }

  /** @param signal whose reason stays as it is */
  async #told<T>(method: keyof R2Store, run: () => Promise<T>, signal: AbortSignal | null = null): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof BindingError) throw error;
      if (signal?.aborted) throw signal.reason;
      const doubt = READS.has(method) ? "" : "; the change may have been made all the same";
      const text = `The engine of the fleet cannot be asked${doubt}`;
      throw new BindingError(r2Error(ACTIONS[method], "internal", text).message, {
        code: "FLEET_UNAVAILABLE",
        reason: `R2 bucket "${this.#name}": ${messageOf(error)}`,
      });
    }
  }
}

/** What its sender has spoilt is told the thread, which says what comes of it. */
async function sendPiece(
  exchange: Exchange,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { value, done } = await reader.read();
    signal.throwIfAborted();
    // A copy: its buffer goes to the thread, and the piece may be a part of one.
    exchange.send({ bytes: done ? null : new Uint8Array(value) });
  } catch (error) {
    exchange.send({ broken: messageOf(error) });
  }
}

function piecesOf(body: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (at < body.byteLength) controller.enqueue(body.subarray(at, at += PIECE_BYTES));
      else controller.close();
    },
  }, { highWaterMark: 0 });
}
