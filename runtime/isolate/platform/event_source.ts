/** EventSource over the app's fetch: https://html.spec.whatwg.org/#server-sent-events. */
import { bare } from "../../protocol/bare.ts";
import {
  controllerAbort,
  controllerSignal,
  decoderDecode,
  defineProperty,
  entries,
  headersGet,
  matches,
  min,
  NativeAbortController,
  NativeDOMException,
  NativeEvent,
  NativeMessageEvent,
  NativeNumber,
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
  stringCharCodeAt,
  stringify,
  stringIndexOf,
  stringSlice,
  stringToLowerCase,
  stringTrim,
  targetDispatch,
  targetForget,
  targetListen,
  TO_STRING_TAG,
  urlHref,
  urlOrigin,
} from "../../protocol/primordials.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import { append, joinTexts } from "../../protocol/safe_lists.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

/** Wait before a new connection, in ms, until the server names another; the standard leaves it to us. */
const RETRY_MS = 3_000;
/** Longest wait that a server may ask for, in ms: what a timer takes. */
const MAX_RETRY_MS = 2 ** 31 - 1;
/** Longest line and longest event, in characters: a server must not fill the app's memory with one that never ends. */
const MAX_EVENT_CHARS = 8 * 1024 * 1024;

const DIGITS = /^[0-9]+$/;
const MORE_FOLLOWS = bare({ stream: true });

/** One event of a stream. */
export interface ParsedEvent {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

/** Takes the text of an event stream apart as it comes. */
export class EventStreamParser {
  /** The last id, sent again when the connection is made anew. */
  lastEventId: string;
  readonly #onEvent: (event: ParsedEvent) => void;
  readonly #onRetry: (ms: number) => void;
  #parts: string[] = [];
  #partChars = 0;
  #afterReturn = false;
  #atStart = true;
  #type = "";
  /** The id of the block that is being read; it counts once the block has ended. */
  #id: string;
  #data: string[] = [];
  #dataChars = 0;

  constructor(lastEventId: string, onEvent: (event: ParsedEvent) => void, onRetry: (ms: number) => void) {
    this.lastEventId = this.#id = lastEventId;
    this.#onEvent = onEvent;
    this.#onRetry = onRetry;
  }

  /** Takes more text. @throws {RangeError} when a line or an event is too long */
  push(text: string): void {
    if (text === "") return;
    if (this.#atStart) {
      this.#atStart = false;
      if (stringCharCodeAt(text, 0) === 0xfeff) text = stringSlice(text, 1);
    }
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const unit = stringCharCodeAt(text, at);
      const ignored = unit === 10 && this.#afterReturn;
      this.#afterReturn = unit === 13;
      if (unit !== 10 && unit !== 13) continue;
      if (!ignored) {
        const rest = stringSlice(text, from, at);
        const line = this.#parts.length === 0 ? rest : joinTexts(this.#parts, "") + rest;
        this.#parts = [];
        this.#partChars = 0;
        this.#line(line);
      }
      from = at + 1;
    }
    if (from === text.length) return;
    append(this.#parts, stringSlice(text, from));
    this.#partChars += text.length - from;
    if (this.#partChars > MAX_EVENT_CHARS) throw tooLong();
  }

  #line(line: string): void {
    if (line === "") return this.#dispatch();
    const colon = stringIndexOf(line, ":");
    if (colon === 0) return;
    const field = colon < 0 ? line : stringSlice(line, 0, colon);
    const value = colon < 0 ? "" : stringSlice(line, stringCharCodeAt(line, colon + 1) === 32 ? colon + 2 : colon + 1);
    switch (field) {
      case "event":
        this.#type = value;
        break;
      case "data":
        append(this.#data, value);
        this.#dataChars += value.length + 1;
        if (this.#dataChars > MAX_EVENT_CHARS) throw tooLong();
        break;
      case "id":
        if (stringIndexOf(value, "\0") < 0) this.#id = value;
        break;
      case "retry":
        if (matches(DIGITS, value)) this.#onRetry(min(NativeNumber(value), MAX_RETRY_MS));
        break;
    }
  }

  #dispatch(): void {
    const data = this.#data;
    const type = this.#type;
    this.#data = [];
    this.#dataChars = 0;
    this.#type = "";
    this.lastEventId = this.#id;
    if (data.length === 0) return;
    this.#onEvent({ type: type === "" ? "message" : type, data: joinTexts(data, "\n"), lastEventId: this.lastEventId });
  }
}

function tooLong(): RangeError {
  return new NativeRangeError(`Cannot read an event of more than ${MAX_EVENT_CHARS} characters`);
}

type Handler = ((event: Event) => void) | null;
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
    readonly #handlers = new SafeMap<string, Handler>();
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
    get onopen(): Handler {
      return this.#handlers.get("open") ?? null;
    }
    set onopen(handler: Handler) {
      this.#handle("open", handler);
    }
    get onmessage(): Handler {
      return this.#handlers.get("message") ?? null;
    }
    set onmessage(handler: Handler) {
      this.#handle("message", handler);
    }
    get onerror(): Handler {
      return this.#handlers.get("error") ?? null;
    }
    set onerror(handler: Handler) {
      this.#handle("error", handler);
    }

    #handle(type: string, handler: Handler): void {
      const present = this.#handlers.get(type) ?? null;
      if (present !== null) targetForget(this, type, present);
      const next = typeof handler === "function" ? handler : null;
      this.#handlers.set(type, next);
      if (next !== null) targetListen(this, type, next);
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
  defineProperty(EventSource.prototype, TO_STRING_TAG, { value: "EventSource", configurable: true });
  return EventSource;
}

function isEventStream(response: Response): boolean {
  const type = headersGet(responseHeaders(response), "content-type") ?? "";
  const end = stringIndexOf(type, ";");
  const essence = stringToLowerCase(stringTrim(end < 0 ? type : stringSlice(type, 0, end)));
  return responseStatus(response) === 200 && essence === "text/event-stream";
}
