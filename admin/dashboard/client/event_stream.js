/** Reads server-sent events with fetch: unlike EventSource it tells a lost connection from an ended session. */

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
/** The server writes at least every 15 s; after more than two of these the connection is dead. */
const SILENCE_MS = 40_000;

/**
 * @typedef {"connecting" | "live" | "lost" | "signed-out" | "paused"} StreamState
 *
 * @typedef {object} StreamHandlers
 * @property {(event: string, data: any) => void} onEvent
 * @property {(state: StreamState, retryAt: number | null) => void} onState
 */

/** One stream that connects again by itself, and rests while the page is hidden. */
export class EventStream {
  /** @type {string} */
  #url;
  /** @type {StreamHandlers} */
  #handlers;
  #wait = FIRST_WAIT_MS;
  #closed = false;
  /** @type {AbortController | null} */
  #connection = null;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {string} url
   * @param {StreamHandlers} handlers
   */
  constructor(url, handlers) {
    this.#url = url;
    this.#handlers = handlers;
    document.addEventListener("visibilitychange", this.#onVisibility);
    addEventListener("online", this.retryNow);
    this.#connect();
  }

  /** @param {string} url of the same handlers, as after a change of a filter */
  redirect(url) {
    this.#url = url;
    this.retryNow();
  }

  retryNow = () => {
    if (this.#closed) return;
    this.#wait = FIRST_WAIT_MS;
    this.#connect();
  };

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#connection?.abort();
    document.removeEventListener("visibilitychange", this.#onVisibility);
    removeEventListener("online", this.retryNow);
  }

  // A browser opens only six connections to a host: hidden tabs must not hold any.
  #onVisibility = () => {
    if (document.visibilityState === "visible") return this.retryNow();
    clearTimeout(this.#timer);
    this.#connection?.abort();
    this.#connection = null;
    this.#handlers.onState("paused", null);
  };

  async #connect() {
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
        response.body?.cancel();
        return this.#handlers.onState("signed-out", null);
      }
      if (!response.ok || response.body === null) throw new Error(`The stream answered ${response.status}`);
      this.#handlers.onState("live", null);
      await this.#read(response.body, connection);
    } catch {
      // Whatever it was, the answer is the same: tell it and try again.
    }
    if (this.#connection !== connection || this.#closed) return;
    this.#handlers.onState("lost", Date.now() + this.#wait);
    this.#timer = setTimeout(() => this.#connect(), this.#wait);
    this.#wait = Math.min(LONGEST_WAIT_MS, this.#wait * 2);
  }

  /**
   * @param {ReadableStream<Uint8Array>} body
   * @param {AbortController} connection
   */
  async #read(body, connection) {
    let rest = "";
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const silence = setTimeout(() => connection.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) this.#deliver(block);
    }
  }

  /** @param {string} block */
  #deliver(block) {
    let event = "message";
    let data = "";
    for (const line of block.split("\n")) {
      if (line.startsWith("event:")) event = line.slice(6).trim();
      else if (line.startsWith("data:")) data += line.slice(5);
    }
    if (data === "") return;
    this.#wait = FIRST_WAIT_MS;
    this.#handlers.onEvent(event, JSON.parse(data));
  }
}
