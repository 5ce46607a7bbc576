/** What can be watched of a fake NANO: figures that rise and fall like true ones, and lines that a test writes. */
import type {
  AppLogLevel,
  AppSeries,
  AppTick,
  LogBatch,
  LogFilter,
  LogLine,
  LogLineKind,
  Observations,
  RequestEnd,
  RequestSummary,
} from "../../runtime/mod.ts";
import type { FakeAdminTarget } from "./fake_admin_target.ts";

const LEVELS: readonly AppLogLevel[] = ["debug", "info", "warn", "error"];
const SERIES_LENGTH = 300;
const KEPT_LINES = 5_000;
/** What a slow follower may have waiting. */
const MAX_WAITING = 10_000;

/** A line as a test gives it; what is missing is an info line of the console. */
export interface FakeLine {
  readonly level?: AppLogLevel;
  readonly kind?: LogLineKind;
  readonly request?: LogLine["request"];
}

/** Observations of a {@linkcode FakeAdminTarget}. */
export class FakeObservations implements Observations {
  readonly tickSeconds: number;
  /** Streams that are open now, ticks and lines. */
  followers = 0;
  readonly #target: FakeAdminTarget;
  readonly #chatter: boolean;
  readonly #lines: LogLine[] = [];
  readonly #listeners = new Set<(line: LogLine) => void>();
  #nextId = 1;
  #tick = 0;

  constructor(target: FakeAdminTarget, tickMs: number, chatter: boolean) {
    this.#target = target;
    this.tickSeconds = tickMs / 1000;
    this.#chatter = chatter;
  }

  requestSummary(app: string): RequestSummary {
    const seed = seedOf(app);
    const requests = seed * 131 + this.#tick * 7;
    return {
      requests,
      errors: Math.floor(requests / 97),
      p50Seconds: 0.002 + seed / 1e5,
      p99Seconds: 0.02 + seed / 1e4,
    };
  }

  requestsByStatus(app: string): ReadonlyMap<number, number> {
    const { requests, errors } = this.requestSummary(app);
    const missing = Math.floor(requests / 31);
    return new Map([[200, requests - errors - missing], [404, missing], [500, errors]]);
  }

  requestsByEnd(app: string): ReadonlyMap<RequestEnd, number> {
    const { requests, errors } = this.requestSummary(app);
    return new Map([["done", requests - errors], ["app_failed", errors]]);
  }

  series(app: string): AppSeries {
    if (!this.#target.memory.has(app)) return columns([]);
    const ticks = Array.from(
      { length: SERIES_LENGTH },
      (_, at) => this.#tickOf(app, this.#tick - SERIES_LENGTH + at + 1),
    );
    return columns(ticks);
  }

  async *ticks(signal: AbortSignal): AsyncIterable<readonly AppTick[]> {
    this.followers++;
    try {
      while (!signal.aborted) {
        yield [...this.#target.memory.keys()].map((app) => this.#tickOf(app, this.#tick));
        await pause(this.tickSeconds * 1000, signal);
        this.#tick++;
      }
    } finally {
      this.followers--;
    }
  }

  recentLines(filter: LogFilter, limit: number): readonly LogLine[] {
    return limit <= 0 ? [] : this.#lines.filter((line) => matches(line, filter)).slice(-limit);
  }

  async *followLines(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogBatch> {
    let waiting: LogLine[] = [];
    let dropped = 0;
    let wake = () => {};
    const listener = (line: LogLine) => {
      if (!matches(line, filter)) return;
      if (waiting.length >= MAX_WAITING) dropped++;
      else waiting.push(line);
      wake();
    };
    const chat = this.#chatter ? setInterval(() => this.#chat(filter.app), this.tickSeconds * 1000) : undefined;
    this.#listeners.add(listener);
    this.followers++;
    const stop = () => wake();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        if (waiting.length === 0) {
          await new Promise<void>((resolve) => wake = resolve);
          continue;
        }
        const batch = { lines: waiting, dropped };
        waiting = [];
        dropped = 0;
        yield batch;
      }
    } finally {
      clearInterval(chat);
      signal.removeEventListener("abort", stop);
      this.#listeners.delete(listener);
      this.followers--;
    }
  }

  /** Writes a line, to the past and to all who follow. */
  write(app: string, text: string, { level = "info", kind = "console", request = null }: FakeLine = {}): LogLine {
    const line: LogLine = { id: this.#nextId++, at: this.#target.now(), app, kind, level, text, request };
    if (kind !== "request") this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.splice(0, this.#lines.length - KEPT_LINES);
    for (const listener of this.#listeners) listener(line);
    return line;
  }

  /** Writes a line of a request. */
  writeRequest(app: string, method: string, path: string, status: number): LogLine {
    const durationMs = 1 + this.#nextId % 40;
    const request = {
      method,
      path,
      status,
      durationMs,
      requestId: crypto.randomUUID(),
      code: null,
      end: "done",
    } as const;
    const level = status >= 500 ? "error" : "info";
    return this.write(app, `${method} ${path} ${status} ${durationMs} ms`, { level, kind: "request", request });
  }

  #chat(app: string | null): void {
    const apps = app === null ? [...this.#target.memory.keys()].slice(0, 20) : [app];
    for (const name of apps) {
      const turn = this.#nextId;
      this.writeRequest(name, "GET", `/items/${turn}`, turn % 23 === 0 ? 500 : turn % 11 === 0 ? 404 : 200);
      if (turn % 3 === 0) this.write(name, `cache miss for item ${turn}`, { level: LEVELS[turn % 4]! });
      if (turn % 23 === 0) {
        this.write(
          name,
          `TypeError: Cannot read properties of undefined (reading 'id')\n    at show (app:///items.ts:12:9)`,
          {
            level: "error",
            kind: "exception",
          },
        );
      }
    }
  }

  #tickOf(name: string, at: number): AppTick {
    const { snapshot } = this.#target.find(name);
    const seed = seedOf(name);
    const busy = snapshot.state === "running" ? 1 + Math.sin((at + seed * 3) / 9) : 0;
    const rate = Math.round(busy * (3 + seed % 40));
    return {
      app: name,
      state: snapshot.state,
      crashes: snapshot.crashes,
      requestsPerSecond: rate,
      errorsPerSecond: (at + seed) % 17 === 0 && rate > 0 ? 1 : 0,
      p50Seconds: rate === 0 ? null : 0.002 + (seed % 10) / 1000 + busy / 1000,
      p99Seconds: rate === 0 ? null : 0.02 + (seed % 10) / 200 + busy / 100,
      inFlight: snapshot.inFlight + Math.round(busy * 2),
      queued: snapshot.queued,
      heapBytes: snapshot.heapBytes + Math.round(busy * 2_000_000),
      externalBytes: snapshot.externalBytes,
      cpu: busy * (seed % 10) / 30,
    };
  }
}

function columns(ticks: readonly AppTick[]): AppSeries {
  return {
    requestsPerSecond: ticks.map((tick) => tick.requestsPerSecond),
    errorsPerSecond: ticks.map((tick) => tick.errorsPerSecond),
    p50Seconds: ticks.map((tick) => tick.p50Seconds),
    p99Seconds: ticks.map((tick) => tick.p99Seconds),
    inFlight: ticks.map((tick) => tick.inFlight),
    heapBytes: ticks.map((tick) => tick.heapBytes),
    externalBytes: ticks.map((tick) => tick.externalBytes),
    cpu: ticks.map((tick) => tick.cpu),
  };
}

/** A small number that is always the same for a name. */
function seedOf(name: string): number {
  return [...name].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 997, 7);
}

function matches({ app, level, text, kind, request }: LogLine, filter: LogFilter): boolean {
  if (filter.app !== null && app !== filter.app) return false;
  if (filter.level !== null && LEVELS.indexOf(level) < LEVELS.indexOf(filter.level)) return false;
  if (filter.text !== null && !text.toLowerCase().includes(filter.text.toLowerCase())) return false;
  if (filter.kinds !== null && !filter.kinds.includes(kind)) return false;
  if (filter.method !== null && request?.method !== filter.method) return false;
  if (filter.status === null) return true;
  const status = String(request?.status ?? "");
  return filter.status.endsWith("xx") ? status[0] === filter.status[0] : status === filter.status;
}

/** Waits, or less when the signal comes first. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
