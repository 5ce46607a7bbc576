/** Writes one line a record to stdout: JSON for machines, or pretty for people. */
import type { NanoEvent, NanoListener } from "../terms/events.ts";
import { jsonValue } from "./json_text.ts";
import { LEVEL_WEIGHT, type LogLevel, type LogRecord, logRecord } from "./log_record.ts";
import { prettyRecord, prettyRequest, type PrettyStyle, wallClock } from "./pretty.ts";
import { RequestLine } from "./request_line.ts";
import { StdoutSink } from "./stdout_sink.ts";

/** What {@linkcode Log} is made with. */
export interface LogOptions {
  /** Records below are not written. */
  readonly level: LogLevel;
  readonly format: "json" | "pretty";
  /** Colours in pretty lines; the caller looks at NO_COLOR and at the terminal. */
  readonly color: boolean;
  /** Zone of the times in pretty lines, an IANA name; that of the process by default. */
  readonly timeZone?: string | undefined;
  /** Takes whole lines, one or many, each with its end. Default: stdout. */
  readonly write?: (text: string) => void;
  /** Wall clock, ms since the epoch. */
  readonly now?: () => number;
  /** Runs a callback later; returns what takes that back. */
  readonly schedule?: (callback: () => void, ms: number) => () => void;
}

/** How long a request's line may wait for others, so that one write carries many. */
const FLUSH_MS = 10;
/** Text that makes the write happen at once; it bounds the buffer. */
const MAX_BUFFER_LENGTH = 64 * 1024;

function scheduleTimeout(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

/**
 * The log as a listener of events.
 *
 * Lines of requests and of apps are collected for at most 10 ms or 64 KiB; every other record is written at once, with
 * all that came before it, so that a host that is killed leaves what led to it. Nothing is lost at a regular end:
 * disposal and the process's `unload` event write the rest.
 *
 * @example
 * ```ts
 * import { EventHub } from "../terms/events.ts";
 * import { Log } from "./log.ts";
 * const events = new EventHub();
 * using log = new Log({ level: "info", format: "json", color: false });
 * events.listen(log.listen);
 * events.emit({ event: "warning", text: "The disk is nearly full" });
 * ```
 */
export class Log implements Disposable, AsyncDisposable {
  /** Register this with an `EventHub`. */
  readonly listen: NanoListener = (event) => this.#take(event);
  #threshold = 0;
  #pretty = false;
  readonly #style: PrettyStyle;
  readonly #sink: StdoutSink | null;
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  readonly #schedule: (callback: () => void, ms: number) => () => void;
  readonly #flushAtExit = () => this[Symbol.dispose]();
  #buffer = "";
  #cancelFlush: (() => void) | null = null;
  readonly #requestLine = new RequestLine();
  #stampMs = NaN;
  #stamp = "";

  constructor(options: LogOptions) {
    this.configure(options);
    this.#style = { color: options.color, clock: wallClock(options.timeZone) };
    this.#sink = options.write === undefined ? new StdoutSink() : null;
    this.#write = options.write ?? ((text) => this.#sink?.write(text));
    this.#now = options.now ?? Date.now;
    this.#schedule = options.schedule ?? scheduleTimeout;
    globalThis.addEventListener("unload", this.#flushAtExit);
  }

  /** Takes another threshold and format, as a reload of the configuration may bring them. */
  configure(options: Pick<LogOptions, "level" | "format">): void {
    this.#threshold = LEVEL_WEIGHT[options.level];
    this.#pretty = options.format === "pretty";
  }

  /** Writes what is collected, now. */
  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    if (this.#buffer === "") return;
    const text = this.#buffer;
    this.#buffer = "";
    this.#write(text);
  }

  /** Writes the rest. Events that come later are still written, at the latest after 10 ms. */
  [Symbol.dispose](): void {
    globalThis.removeEventListener("unload", this.#flushAtExit);
    this.flush();
    this.#sink?.[Symbol.dispose]();
  }

  /** As the synchronous disposal. */
  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return Promise.resolve();
  }

  #take(event: NanoEvent): void {
    if (event.event === "request") {
      if (LEVEL_WEIGHT.info < this.#threshold) return;
      const ms = this.#now();
      this.#add(this.#pretty ? prettyRequest(event, ms, this.#style) : this.#requestLine.of(event, this.#isoTime(ms)));
      return;
    }
    const record = logRecord(event);
    if (record === null || LEVEL_WEIGHT[record.level] < this.#threshold) return;
    const ms = this.#now();
    this.#add(this.#pretty ? prettyRecord(record, ms, this.#style) : this.#recordLine(record, ms));
    if (event.event !== "app_log") this.flush();
  }

  #add(line: string): void {
    this.#buffer += line + "\n";
    if (this.#buffer.length >= MAX_BUFFER_LENGTH) return this.flush();
    this.#cancelFlush ??= this.#schedule(() => {
      this.#cancelFlush = null;
      this.flush();
    }, FLUSH_MS);
  }

  #recordLine(record: LogRecord, ms: number): string {
    let line = '{"ts":"' + this.#isoTime(ms) + '","level":"' + record.level + '","event":"' + record.event + '"';
    for (const [name, value] of record.fields) line += ',"' + name + '":' + jsonValue(value);
    return line + "}";
  }

  #isoTime(ms: number): string {
    if (ms !== this.#stampMs) {
      this.#stampMs = ms;
      this.#stamp = new Date(ms).toISOString();
    }
    return this.#stamp;
  }
}
