/** What the simulator holds against what happens: every request, every start and every end, each exactly once. */
import { BOOT_TIMEOUT_MS, ISOLATE_WAIT_MS } from "../../runtime/app/isolate_start.ts";
import type { AnswerBody, AppCall, HostSocket } from "../../runtime/terms/app_call.ts";
import type { Clock } from "../../runtime/clock.ts";
import { ERROR_CODES, type NanoError } from "../../runtime/errors.ts";
import type { AppConfig } from "../../runtime/config/resolved_config.ts";
import type { NanoEvent } from "../../runtime/terms/events.ts";
import { PATIENCE } from "../../runtime/http/patience.ts";
import type { ExitReason } from "../../runtime/terms/lifecycle.ts";

/** Requests are looked after every 100 ms, by the unit that stood in and then by the supervisor. */
const SWEEPS_MS = 200;

/** Mistakes of one run, and what is open in it. */
export class Ledger {
  readonly mistakes: string[] = [];
  readonly #open = new Set<SimCall>();
  readonly #pending = new Set<string>();
  readonly #trace: ((text: string) => void) | null;

  /** @param trace is told everything that happens; null while nobody reads it */
  constructor(trace: ((text: string) => void) | null) {
    this.#trace = trace;
  }

  /** How many things were checked: a run without any shows nothing. */
  checks = 0;

  note(text: () => string): void {
    this.#trace?.(text());
  }

  check(holds: boolean, mistake: () => string): void {
    this.checks++;
    if (holds) return;
    this.mistakes.push(mistake());
    this.#trace?.(`MISTAKE ${mistake()}`);
  }

  opened(call: SimCall): void {
    this.#open.add(call);
  }

  closed(call: SimCall): void {
    this.#open.delete(call);
  }

  /** Something that must settle by itself before the run is over. */
  waitFor(name: string, work: Promise<unknown>): void {
    this.#pending.add(name);
    const done = () => void this.#pending.delete(name);
    work.then(done, done);
  }

  /** The host died: what it held is lost with it, and everybody knows. */
  forgetAll(): void {
    this.#open.clear();
    this.#pending.clear();
  }

  /** What has not settled yet. */
  open(): readonly string[] {
    return [...this.#pending];
  }

  /** What is still open, which must be nothing in the end. */
  checkOver(): void {
    this.check(this.#open.size === 0, () => `requests lost without a code: ${[...this.#open].join(", ")}`);
    this.check(this.#pending.size === 0, () => `waits without a deadline: ${[...this.#pending].join(", ")}`);
  }
}

/** A request that is to be answered once, in time. */
export class SimCall implements AppCall {
  readonly method = "POST";
  readonly url: string;
  readonly headers = "";
  readonly remote = "192.0.2.1 4711";
  readonly patience = PATIENCE;
  readonly declaredBytes: number | null;
  readonly startedAt: number;
  /** Where it went, for the trace. */
  readonly to: string;
  #answers = 0;
  #isStreaming = false;
  readonly #timeoutMs: number;
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  #gone: (() => void)[] = [];

  constructor(to: string, known: { timeoutMs: number; declaredBytes: number | null; ledger: Ledger; clock: Clock }) {
    this.to = to;
    this.url = `http://${to}/`;
    this.declaredBytes = known.declaredBytes;
    this.#timeoutMs = known.timeoutMs;
    this.#ledger = known.ledger;
    this.#clock = known.clock;
    this.startedAt = known.clock.now();
    this.#ledger.opened(this);
  }

  toString(): string {
    return `${this.to} of ${this.startedAt} ms`;
  }

  takeBody(): null {
    return null;
  }

  onClientGone(callback: () => void): void {
    this.#gone.push(callback);
  }

  goAway(): void {
    for (const callback of this.#gone.splice(0)) callback();
  }

  respond(status: number, _headers: string, body: AnswerBody): void {
    this.#isStreaming = body !== null;
    this.#answer(() => String(status));
    if (!this.#isStreaming) this.#ledger.closed(this);
  }

  fail(error: NanoError): void {
    this.#ledger.check(error.code in ERROR_CODES, () => `${this} got no code: ${error}`);
    this.#answer(() => error.code);
    this.#ledger.closed(this);
  }

  leave(): void {
    this.#answer(() => "left");
    this.#ledger.closed(this);
  }

  upgrade(): HostSocket {
    throw new TypeError("The client asked for no WebSocket");
  }

  finish(): void {
    this.#ledger.check(this.#isStreaming, () => `${this} was finished without a stream, or twice`);
    this.#isStreaming = false;
    this.#ledger.closed(this);
  }

  #answer(what: () => string): void {
    this.#ledger.note(() => `answer ${what()} to ${this}`);
    this.#ledger.check(++this.#answers === 1, () => `${this} was answered ${this.#answers} times`);
    const late = this.#clock.now() - this.startedAt - this.#timeoutMs;
    this.#ledger.check(late <= SWEEPS_MS, () => `${this} was answered ${late} ms after its time-out`);
  }
}

/** Follows the starts and ends of one unit, as it tells them. */
export class LifeOfUnit {
  readonly name: string;
  readonly app: AppConfig;
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  #phase: "down" | "queued" | "starting" | "ready" = "down";
  #drains = 0;
  /** How the isolate that it has now ended by itself, if it did. */
  died: ExitReason | null = null;

  /** When a start that has its turn must have come to something. */
  #startedBy = Infinity;

  constructor(name: string, known: { app: AppConfig; ledger: Ledger; clock: Clock }) {
    this.name = name;
    this.app = known.app;
    this.#ledger = known.ledger;
    this.#clock = known.clock;
  }

  /** Whether a start has begun and its end was not told. */
  get isUp(): boolean {
    return this.#phase !== "down";
  }

  hear(event: NanoEvent): void {
    this.#ledger.note(() => `${this.name}: ${JSON.stringify(event)}`);
    switch (event.event) {
      case "app_start_queued":
        return this.#enter("queued", ["down"]);
      case "app_starting":
        this.#enter("starting", ["down", "queued"]);
        // As long as isolates can be waited for in the last attempts.
        this.#startedBy = this.#clock.now() + ISOLATE_WAIT_MS * Math.min(10, 2 ** (event.attempt - 1)) +
          BOOT_TIMEOUT_MS;
        this.died = null;
        return;
      case "app_ready":
        return this.#enter("ready", ["starting"]);
      case "app_exit": {
        const { died } = this;
        this.died = null;
        this.#enter("down", ["queued", "starting", "ready"]);
        this.#ledger.check(
          died === null || died === event.reason,
          () => `${this.name} ended as ${event.reason}, its isolate as ${died}`,
        );
        return;
      }
      case "app_drain_start":
        this.#drains++;
        return;
      case "app_drained":
        this.#drains--;
        this.#ledger.check(this.#drains >= 0, () => `${this.name} drained without having begun to`);
    }
  }

  /** Looks whether its start lasts too long. */
  look(): void {
    const lasts = this.#phase === "starting" && this.#clock.now() > this.#startedBy;
    this.#ledger.check(!lasts, () => `${this.name} starts and no deadline ends it`);
  }

  checkOver(): void {
    this.#ledger.check(!this.isUp, () => `${this.name} was started (${this.#phase}) and its end never told`);
    this.#ledger.check(this.#drains === 0, () => `${this.name} began to drain and never told the end of it`);
  }

  #enter(phase: "down" | "queued" | "starting" | "ready", from: readonly string[]): void {
    this.#ledger.check(from.includes(this.#phase), () => `${this.name} went from ${this.#phase} to ${phase}`);
    this.#phase = phase;
  }
}
