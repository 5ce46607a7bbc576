/** Answers that never end by themselves: server-sent events with heartbeats, backpressure and a bounded number. */
import type { Context } from "hono";
import { NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";

/** What {@linkcode EventStreams} takes. */
export interface EventStreamsOptions {
  /** At once; one more is refused. Default: 64. */
  readonly maxStreams?: number;
  /** Between two comments while nothing happens, in milliseconds. Default: 15 s. */
  readonly heartbeatMs?: number;
  /** Told of errors of a source. */
  readonly report?: (error: unknown) => void;
}

/** Makes the text of one or several events at a time, until the signal; nothing is made ahead of the reader. */
export type EventSource = (signal: AbortSignal) => AsyncIterable<string>;

const MAX_STREAMS = 64;
/** Proxies and browsers give a silent connection up after 30 to 60 s. */
const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it connects again, in milliseconds. */
const RETRY_MS = 2_000;

/** All open streams of the admin listener. */
export class EventStreams {
  readonly #maxStreams: number;
  readonly #heartbeatMs: number;
  readonly #report: (error: unknown) => void;
  #open = 0;

  constructor(options: EventStreamsOptions = {}) {
    this.#maxStreams = options.maxStreams ?? MAX_STREAMS;
    this.#heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
    this.#report = options.report ?? ((error) => console.error("A stream of the admin API failed:", error));
  }

  /** How many are open. */
  get size(): number {
    return this.#open;
  }

  /**
   * The answer that streams a source. It ends with the source, when the client goes away, and when the listener closes.
   * @throws {NanoError} TOO_MANY_STREAMS
   */
  respond(context: Context<AdminEnv>, source: EventSource): Response {
    const headers = {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // Proxies such as nginx would gather the events first.
      "x-accel-buffering": "no",
    };
    if (context.req.raw.method === "HEAD") return new Response(null, { headers });
    if (this.#open >= this.#maxStreams) {
      throw new NanoError("TOO_MANY_STREAMS", `Cannot open another stream: ${this.#maxStreams} are open already`);
    }
    this.#open++;
    const stream = new EventStream(source, {
      heartbeatMs: this.#heartbeatMs,
      ends: [context.req.raw.signal, context.env?.closing].filter((signal) => signal !== undefined),
      onEnd: () => this.#open--,
      report: this.#report,
    });
    return new Response(stream.readable, { headers });
  }
}

interface EventStreamOptions {
  readonly heartbeatMs: number;
  /** Each of them ends the stream. */
  readonly ends: readonly AbortSignal[];
  /** Called once. */
  readonly onEnd: () => void;
  readonly report: (error: unknown) => void;
}

/** One stream: it asks its source for the next text only when the reader has taken the last one. */
class EventStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #iterator: AsyncIterator<string>;
  readonly #stop = new AbortController();
  readonly #options: EventStreamOptions;
  readonly #encoder = new TextEncoder();
  readonly #onAbort = () => this.#end(null);
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** The source was asked and has not answered. */
  #asked = false;
  /** Came while nobody pulled, after a heartbeat. */
  #ready: string | null = null;
  /** Settles the pull that waits. */
  #wake: (() => void) | null = null;
  #ended = false;

  constructor(source: EventSource, options: EventStreamOptions) {
    this.#options = options;
    this.#iterator = source(this.#stop.signal)[Symbol.asyncIterator]();
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        this.#send(`retry: ${RETRY_MS}\n\n`);
      },
      pull: () => this.#pull(),
      cancel: () => this.#end(null),
    });
    for (const signal of options.ends) signal.addEventListener("abort", this.#onAbort);
    if (options.ends.some((signal) => signal.aborted)) this.#end(null);
  }

  #pull(): Promise<void> | void {
    if (this.#ready !== null) {
      this.#send(this.#ready);
      this.#ready = null;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#send(": still here\n\n");
      this.#wake?.();
    }, this.#options.heartbeatMs);
    this.#wake = () => {
      clearTimeout(timer);
      this.#wake = null;
      resolve();
    };
    if (!this.#asked) {
      this.#asked = true;
      this.#iterator.next().then(
        (result) => this.#deliver(result),
        (error) => this.#end(error),
      );
    }
    return promise;
  }

  #deliver({ done, value }: IteratorResult<string>): void {
    this.#asked = false;
    if (this.#ended) return;
    if (done) return this.#end(null);
    if (this.#wake === null) this.#ready = value;
    else {
      this.#send(value);
      // Sending may find the client gone, which ends the stream and has woken the pull already.
      this.#wake?.();
    }
  }

  #send(text: string): void {
    if (!this.#ended) this.#controller.enqueue(this.#encoder.encode(text));
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const signal of this.#options.ends) signal.removeEventListener("abort", this.#onAbort);
    this.#stop.abort();
    this.#wake?.();
    try {
      this.#controller.close();
    } catch {
      // The reader has cancelled it: then there is nothing to close.
    }
    // A generator that waits ends with its signal; `return` runs its `finally` when it was never asked again.
    this.#iterator.return?.().catch(this.#options.report);
    if (error !== null) this.#options.report(error);
    this.#options.onEnd();
  }
}
