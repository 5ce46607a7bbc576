/** Watches a running NANO: keeps the apps' log lines and the recent past of their figures, and tells followers. */
import type { Clock } from "../clock.ts";
import { NanoError } from "../errors.ts";
import type { AppSnapshot, NanoEvent, NanoListener } from "../terms/events.ts";
import type { AppSeries, AppTick, LogBatch, LogFilter, LogLine, Observations, RequestSummary } from "./observations.ts";
import type { RequestEnd } from "../terms/request_end.ts";
import { AppHistory, EMPTY_SERIES, stillTick } from "./app_history.ts";
import { lifeText } from "./life_line.ts";
import { LogArchive } from "./log_archive.ts";
import { type AppRequestEvent, LineFilter, requestLine } from "./log_filter.ts";
import { levelOf } from "./log_record.ts";
import { LogTail } from "./log_tail.ts";
import type { Metrics } from "./metrics.ts";
import { TickFeed } from "./tick_feed.ts";

/** What {@linkcode Observatory} is made with. */
export interface ObservatoryOptions {
  /** Counts the requests; registered as a listener before the observatory. */
  readonly metrics: Metrics;
  /** Every app that has something to tell, as it is now. */
  readonly snapshot: () => readonly AppSnapshot[];
  readonly clock: Clock;
}

/** Between two ticks. */
const TICK_MS = 2_000;
/** Most followers of lines at once: each holds a queue, and each line is offered to all. */
export const MAX_FOLLOWERS = 64;

/**
 * The watching side as a listener of events. It ticks while it is made; disposal ends that and every follower.
 *
 * @example
 * ```ts
 * import { systemClock } from "../clock.ts";
 * import { Metrics } from "./metrics.ts";
 * import { Observatory } from "./observatory.ts";
 * const metrics = new Metrics({ snapshot: () => [], startedAt: Date.now() });
 * using observatory = new Observatory({ metrics, snapshot: () => [], clock: systemClock });
 * observatory.listen({ event: "app_log", app: "blog", level: "info", text: "hello", kind: "console" });
 * ```
 */
export class Observatory implements Observations, Disposable {
  /** Register this with an `EventHub`. */
  readonly listen: NanoListener = (event) => this.#take(event);
  readonly tickSeconds = TICK_MS / 1000;
  readonly #metrics: Metrics;
  readonly #snapshot: () => readonly AppSnapshot[];
  readonly #clock: Clock;
  readonly #archive = new LogArchive();
  readonly #tails = new Set<LogTail>();
  /** Those of the tails that want requests; replaced, so that the hot path looks at a length and no more. */
  #requestTails: readonly LogTail[] = [];
  #histories = new Map<string, AppHistory>();
  readonly #feed = new TickFeed();
  #lineId = 0;
  #tickedAt: number;
  #cancelTick: () => void;
  #disposed = false;

  constructor(options: ObservatoryOptions) {
    this.#metrics = options.metrics;
    this.#snapshot = options.snapshot;
    this.#clock = options.clock;
    this.#tickedAt = this.#clock.now();
    this.#cancelTick = this.#clock.after(TICK_MS, this.#tick);
  }

  requestSummary(app: string): RequestSummary {
    return this.#metrics.summary(app);
  }

  requestsByStatus(app: string): ReadonlyMap<number, number> {
    return this.#metrics.seriesOf(app)?.countsBy(({ status }) => status) ?? new Map();
  }

  requestsByEnd(app: string): ReadonlyMap<RequestEnd, number> {
    return this.#metrics.seriesOf(app)?.countsBy(({ end }) => end) ?? new Map();
  }

  series(app: string): AppSeries {
    return this.#histories.get(app)?.series() ?? EMPTY_SERIES;
  }

  ticks(signal: AbortSignal): AsyncIterable<readonly AppTick[]> {
    return this.#feed.follow(signal, () => this.#snapshot().map(stillTick));
  }

  /** @throws {NanoError} USAGE when the filter's status or sample means nothing */
  recentLines(filter: LogFilter, limit: number): readonly LogLine[] {
    return this.#archive.recent(new LineFilter(filter), limit);
  }

  /**
   * @throws {NanoError} USAGE when the filter's status or sample means nothing, TOO_MANY_STREAMS when 64 follow already
   */
  followLines(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogBatch> {
    if (this.#tails.size >= MAX_FOLLOWERS) {
      throw new NanoError("TOO_MANY_STREAMS", `Cannot follow the log: ${MAX_FOLLOWERS} follow it already`);
    }
    const tail: LogTail = new LogTail({
      filter,
      signal,
      clock: this.#clock,
      onEnd: () => {
        this.#tails.delete(tail);
        this.#findRequestTails();
      },
    });
    if (this.#disposed) tail[Symbol.dispose]();
    if (!tail.ended) this.#tails.add(tail);
    this.#findRequestTails();
    return tail;
  }

  /** Ends the ticks and every follower. Events that come later are still kept. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#cancelTick();
    this.#feed[Symbol.dispose]();
    for (const tail of this.#tails) tail[Symbol.dispose]();
  }

  #findRequestTails(): void {
    this.#requestTails = [...this.#tails].filter((tail) => tail.filter.wantsRequests);
  }

  #take(event: NanoEvent): void {
    if (event.event === "request") {
      if (this.#requestTails.length > 0 && event.app !== null) this.#takeRequest(event as AppRequestEvent);
      return;
    }
    if (!("app" in event) || event.app === null) return;
    if (event.event === "app_log") return this.#add(event.app, event);
    const text = lifeText(event);
    if (text !== null) this.#add(event.app, { kind: "life", level: levelOf(event) ?? "info", text });
  }

  #takeRequest(event: AppRequestEvent): void {
    const stamp = { id: ++this.#lineId, at: this.#clock.wall() };
    let line: LogLine | null = null;
    for (const tail of this.#requestTails) {
      if (tail.wouldTake(event, stamp.id)) tail.offer(line ??= requestLine(event, stamp));
    }
  }

  #add(app: string, what: Pick<LogLine, "kind" | "level" | "text">): void {
    const { kind, level, text } = what;
    const line = { id: ++this.#lineId, at: this.#clock.wall(), app, kind, level, text, request: null };
    this.#archive.add(line);
    for (const tail of this.#tails) tail.offer(line);
  }

  readonly #tick = (): void => {
    const now = this.#clock.now();
    const seconds = (now - this.#tickedAt) / 1000;
    this.#tickedAt = now;
    this.#cancelTick = this.#clock.after(TICK_MS, this.#tick);
    const histories = new Map<string, AppHistory>();
    const ticks = this.#snapshot().map((app) => {
      const history = this.#histories.get(app.name) ?? new AppHistory();
      histories.set(app.name, history);
      return history.tick(app, { requests: this.#metrics.seriesOf(app.name), seconds });
    });
    // What is not carried over belongs to apps that are gone.
    this.#histories = histories;
    this.#archive.forgetExcept(histories, this.#clock.wall());
    this.#feed.publish(ticks);
  };
}
