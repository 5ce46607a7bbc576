/// <reference lib="dom" />
/** Reads server-sent events with fetch: unlike EventSource it tells a lost connection from an ended session. */
import { createParser } from "eventsource-parser";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
/** The server writes at least every 15 s; after more than two of these the connection is dead. */
const SILENCE_MS = 40_000;

/** How a stream is doing. */
export type StreamState = "connecting" | "live" | "lost" | "signed-out" | "paused";

/** Told of all that comes. */
export interface StreamHandlers {
  readonly onEvent: (event: string, data: unknown) => void;
  /** Called within the constructor, too. */
  readonly onState: (state: StreamState) => void;
}

/** One stream that connects again by itself, and rests while the page is hidden. */
export class EventStream {
  #url: string;
  readonly #handlers: StreamHandlers;
  #waitMs = FIRST_WAIT_MS;
  #connection: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, handlers: StreamHandlers) {
    this.#url = url;
    this.#handlers = handlers;
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    addEventListener("online", () => this.retryNow());
    void this.#connect();
  }

  /** @param url of the same handlers, as after a change of a filter */
  redirect(url: string): void {
    this.#url = url;
    this.retryNow();
  }

  /** Connects without waiting any longer. */
  retryNow(): void {
    this.#waitMs = FIRST_WAIT_MS;
    void this.#connect();
  }

  // A browser opens only six connections to a host: hidden tabs must not hold any.
  #onVisibility(): void {
    if (document.visibilityState === "visible") return this.retryNow();
    clearTimeout(this.#timer);
    this.#connection?.abort();
    this.#connection = null;
    this.#handlers.onState("paused");
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#timer);
    this.#connection?.abort();
    const connection = new AbortController();
    this.#connection = connection;
    try {
      const response = await fetch(this.#url, {
        signal: connection.signal,
        headers: { accept: "text/event-stream" },
        cache: "no-store",
      });
      if (response.status === 401 || response.status === 403) {
        void response.body?.cancel();
        return this.#handlers.onState("signed-out");
      }
      if (!response.ok || response.body === null) throw new Error(`The stream answered ${response.status}`);
      this.#handlers.onState("live");
      await this.#read(response.body, connection);
    } catch {
      // Whatever it was, the answer is the same: tell it and try again.
    }
    if (this.#connection !== connection) return;
    this.#handlers.onState("lost");
    this.#timer = setTimeout(() => void this.#connect(), this.#waitMs);
    this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>, connection: AbortController): Promise<void> {
    const parser = createParser({
      onEvent: ({ event = "message", data }) => {
        this.#waitMs = FIRST_WAIT_MS;
        this.#handlers.onEvent(event, JSON.parse(data));
      },
    });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const silence = setTimeout(() => connection.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      parser.feed(value);
    }
  }
}
