/** EventSource over the app's fetch: https://html.spec.whatwg.org/#server-sent-events. */
import { bare } from "../../protocol/bare.ts";
import {
  controllerAbort,
  controllerSignal,
  decoderDecode,
  defineProperty,
  entries,
  headersGet,
  NativeAbortController,
  NativeDOMException,
  NativeEvent,
  NativeMessageEvent,
  NativeRangeError,
  NativeString,
  NativeTextDecoder,
  NativeURL,
  readerRead,
  responseBody,
  responseHeaders,
  responseStatus,
  responseUrl,
  streamCancel,
  streamReader,
  stringify,
  stringIndexOf,
  stringSlice,
  stringToLowerCase,
  stringTrim,
  targetDispatch,
  TO_STRING_TAG,
  urlHref,
  urlOrigin,
} from "../../protocol/primordials.ts";
import { defineEventHandler } from "../../protocol/event_handlers.ts";
import { EventStreamParser } from "./event_stream_parser.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

/** Wait before a new connection, in ms, until the server names another; the standard leaves it to us. */
const RETRY_MS = 3_000;
const MORE_FOLLOWS = bare({ stream: true });

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Makes the `EventSource` of an app. @boot */
export function createEventSource(
  fetch: Fetch,
): new (url: string | URL, init?: { withCredentials?: boolean }) => EventTarget {
  const later = setTimeout;
  const cancel = clearTimeout;

  class EventSource extends EventTarget {
    static readonly CONNECTING = CONNECTING;
    static readonly OPEN = OPEN;
    static readonly CLOSED = CLOSED;
    readonly #url: string;
    readonly #withCredentials: boolean;
    #readyState = CONNECTING;
    #lastEventId = "";
    #retryMs = RETRY_MS;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #controller = new NativeAbortController();

    constructor(url: string | URL, init: { withCredentials?: boolean } = {}) {
      super();
      try {
        this.#url = urlHref(new NativeURL(url));
      } catch {
        throw new NativeDOMException(`Cannot connect: ${stringify(NativeString(url))} is no URL`, "SyntaxError");
      }
      this.#withCredentials = init?.withCredentials === true;
      this.#connect();
    }

    get url(): string {
      return this.#url;
    }
    get withCredentials(): boolean {
      return this.#withCredentials;
    }
    get readyState(): number {
      return this.#readyState;
    }
    /** Ends the connection and makes none again. */
    close(): void {
      this.#readyState = CLOSED;
      cancel(this.#timer);
      controllerAbort(this.#controller);
    }

    async #connect(): Promise<void> {
      try {
        const headers = bare<Record<string, string>>({ accept: "text/event-stream", "cache-control": "no-cache" });
        if (this.#lastEventId !== "") headers["last-event-id"] = this.#lastEventId;
        const response = await fetch(this.#url, bare({ headers, signal: controllerSignal(this.#controller) }));
        const body = responseBody(response);
        if (body === null || !isEventStream(response)) {
          if (body !== null) await streamCancel(body);
          return this.#fail();
        }
        if (this.#readyState === CLOSED) return;
        this.#readyState = OPEN;
        targetDispatch(this, new NativeEvent("open"));
        await this.#read(response, body);
      } catch (error) {
        // One that never ends its line would do so again; whatever else breaks off may be better the next time.
        if (error instanceof NativeRangeError) {
          controllerAbort(this.#controller);
          return this.#fail();
        }
      }
      this.#reconnect();
    }

    async #read(response: Response, body: ReadableStream<Uint8Array>): Promise<void> {
      const origin = urlOrigin(new NativeURL(responseUrl(response)));
      const parser = new EventStreamParser(this.#lastEventId, ({ type, data, lastEventId }) => {
        if (this.#readyState === CLOSED) return;
        targetDispatch(this, new NativeMessageEvent(type, bare({ data, lastEventId, origin })));
      }, (ms) => this.#retryMs = ms);
      const decoder = new NativeTextDecoder("utf-8", bare({ ignoreBOM: true }));
      const reader = streamReader(body);
      try {
        for (;;) {
          const { done, value } = await readerRead(reader);
          if (done) return;
          parser.push(decoderDecode(decoder, value, MORE_FOLLOWS));
        }
      } finally {
        this.#lastEventId = parser.lastEventId;
      }
    }

    #reconnect(): void {
      if (this.#readyState === CLOSED) return;
      this.#readyState = CONNECTING;
      this.#timer = later(() => this.#connect(), this.#retryMs);
      targetDispatch(this, new NativeEvent("error"));
    }

    #fail(): void {
      if (this.#readyState === CLOSED) return;
      this.#readyState = CLOSED;
      targetDispatch(this, new NativeEvent("error"));
    }
  }
  for (const [name, value] of entries({ CONNECTING, OPEN, CLOSED })) {
    defineProperty(EventSource, name, { value, enumerable: true });
    defineProperty(EventSource.prototype, name, { value, enumerable: true });
  }
  for (const type of ["open", "message", "error"]) defineEventHandler(EventSource.prototype, type);
  defineProperty(EventSource.prototype, TO_STRING_TAG, { value: "EventSource", configurable: true });
  return EventSource;
}

function isEventStream(response: Response): boolean {
  const type = headersGet(responseHeaders(response), "content-type") ?? "";
  const end = stringIndexOf(type, ";");
  const essence = stringToLowerCase(stringTrim(end < 0 ? type : stringSlice(type, 0, end)));
  return responseStatus(response) === 200 && essence === "text/event-stream";
}
