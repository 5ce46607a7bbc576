/** The text of an event stream, taken apart as it comes: https://html.spec.whatwg.org/#event-stream-interpretation */
import {
  matches,
  min,
  NativeNumber,
  NativeRangeError,
  stringCharCodeAt,
  stringIndexOf,
  stringSlice,
} from "../../protocol/primordials.ts";
import { append, joinTexts } from "../../protocol/safe_lists.ts";

/** Longest wait that a server may ask for, in ms: what a timer takes. */
const MAX_RETRY_MS = 2 ** 31 - 1;
/** Longest line and longest event, in characters: a server must not fill the app's memory with one that never ends. */
const MAX_EVENT_CHARS = 8 * 1024 * 1024;

const DIGITS = /^[0-9]+$/;

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
