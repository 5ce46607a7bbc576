/** One isolate from the host's side: boots, becomes an app, answers calls, drains, ends with a named reason. */
import type { AppCall } from "../terms/app_call.ts";
import type { KeptFiles } from "../terms/app_view.ts";
import type { Clock } from "../clock.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { HostCallsMessage } from "../protocol/host_calls.ts";
import type { BootedMessage, LoadAnswer, LoadMessage } from "../protocol/messages.ts";
import { Wire, WireViolation } from "../protocol/wire.ts";
import type { Cell, OpenCell } from "./cell.ts";
import { HostCallsBridge } from "../wall/host_calls_bridge.ts";
import { CallRunner } from "../wall/call_runner.ts";
import type { IsolateObserver } from "../wall/traffic.ts";
import { exitError, type IsolateExit } from "./exit_errors.ts";
import type { FlightRecorder, FlightTrack } from "./flight_recorder.ts";
import type { OutboundCalls } from "../wall/outbound_bridge.ts";

/** What an isolate needs to become an app. */
export interface IsolateLoad extends LoadMessage {
  readonly cpuMs: number;
  readonly maxBodyBytes: number;
  /** Of the code. */
  readonly version: string;
}

/** What an isolate works with. */
export interface IsolateTools {
  readonly clock: Clock;
  /** Null when nobody would read its notes. */
  readonly recorder: FlightRecorder | null;
}

/** An isolate, in whatever kind of cell. */
export class Isolate {
  /** Settles once the isolate has closed its doors and waits for an app; rejects if it ends before. */
  readonly booted: Promise<void>;
  /** Settles once, when the isolate has ended. */
  readonly ended: Promise<IsolateExit>;
  /** Settles when its thread is gone as well: a native call goes on after the end. */
  readonly gone: Promise<void>;
  /** Thread id under which its end can be verified; 0 until it is known, and in a process of its own. */
  threadId = 0;
  /** Of the process that is its own; 0 when it has none. */
  processId = 0;
  heapBytes = 0;
  externalBytes = 0;
  /** What it keeps in `data`; null until it was looked at, and where there is no such folder. */
  kept: KeptFiles | null = null;
  cpuMicros = 0;
  readonly #clock: Clock;
  readonly #cell: Cell;
  readonly #wire: Wire;
  readonly #recorder: FlightRecorder | null;
  #track: FlightTrack | null = null;
  #runner: CallRunner | null = null;
  #outbound: OutboundCalls | null = null;
  #hostCalls: HostCallsBridge | null = null;
  readonly #booted = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<IsolateExit>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #loaded = Promise.withResolvers<void>();
  #app = "";
  #exit: IsolateExit | null = null;
  /** Why the host asked for the end, if it did. */
  #asked: IsolateExit | null = null;

  constructor(open: OpenCell, memoryMb: number, { clock, recorder }: IsolateTools) {
    this.#clock = clock;
    this.#recorder = recorder;
    this.booted = this.#booted.promise;
    this.ended = this.#ended.promise;
    this.gone = this.#gone.promise;
    // Nobody may be waiting when it fails; those who wait still see the failure.
    this.booted.catch(() => {});
    this.#loaded.promise.catch(() => {});
    this.#cell = open(memoryMb, {
      onSpawned: (id) => {
        if ("threadId" in id) this.threadId = id.threadId;
        else this.processId = id.processId;
      },
      onMessage: (message) => this.#receive(message),
      onFigures: (heapBytes, externalBytes, cpuMicros) => {
        this.heapBytes = heapBytes;
        this.externalBytes = externalBytes;
        this.cpuMicros = cpuMicros;
      },
      onKept: (kept) => this.kept = kept,
      onExit: (exit) => {
        this.cpuMicros = exit.cpuMicros;
        this.#end(exit.reason === "terminated" && this.#asked !== null ? this.#asked : exit);
      },
    });
    this.#wire = new Wire({ postMessage: (message, transfer) => this.#cell.post(message, transfer) }, flushLater);
  }

  /** Whose isolate it is; "" before it is an app's. */
  get app(): string {
    return this.#app;
  }

  /** Requests inside. */
  get inFlight(): number {
    return this.#runner?.inFlight ?? 0;
  }

  /** WebSockets, those the app opened itself included. */
  get openSockets(): number {
    return this.#runner?.openSockets ?? 0;
  }

  /**
   * Makes this isolate an app.
   * @param outbound the app's way out; its owner closes it
   * @throws {NanoError} APP_FAILED when the app's code does not load
   */
  async load(load: IsolateLoad, observer: IsolateObserver, outbound: OutboundCalls): Promise<void> {
    const { cpuMs, maxBodyBytes, version, ...message } = load;
    this.#app = load.app;
    this.#outbound = outbound;
    // Noted before it gets a single line of the app's code.
    this.#track = this.#recorder?.open({ threadId: this.threadId, app: load.app, version }) ?? null;
    const { app, externalBytes } = load;
    const traffic = { app, maxBodyBytes, externalBytes, observer, outbound, clock: this.#clock };
    this.#runner = new CallRunner(this.#wire, traffic, {
      onBusy: (isBusy) => {
        this.#track?.hold(isBusy);
        this.#cell.hold(isBusy);
      },
      onError: (error) => this.#onBroken(error),
    });
    this.#cell.limit({ cpuMs, externalBytes: load.externalBytes });
    this.#cell.post(message, null);
    await this.#loaded.promise;
  }

  /** Hands a request over; the call hears of its answer. */
  send(call: AppCall): void {
    if (this.#exit !== null) call.fail(exitError(this.#app, this.#exit));
    else this.#runner!.send(call);
  }

  /** Answers every request that has waited longer than this for its head, and tells the app to stop working on it. */
  expire(timeoutMs: number): void {
    this.#runner?.expire(this.#clock.now(), timeoutMs);
  }

  /** Settles once nothing is pending inside, waitUntil included; the caller sends nothing more. */
  drained(): Promise<void> {
    return this.#runner?.drained() ?? Promise.resolve();
  }

  /** Ends the isolate; requests inside get the reason's answer. */
  kill(exit: IsolateExit): void {
    if (this.#exit !== null) return;
    this.#asked = exit;
    this.#cell.kill();
    this.#end(exit);
  }

  /** Its thread, or its process, has ended. */
  onGone(): void {
    this.#track?.gone();
    this.#gone.resolve();
  }

  #end(exit: IsolateExit): void {
    if (this.#exit !== null) return;
    this.#exit = exit;
    const error = exitError(this.#app, exit);
    const planned = exit.reason === "drained" || exit.reason === "drain_timeout" || exit.reason === "parked";
    this.#track?.ending();
    this.#runner?.close(error, planned);
    this.#hostCalls?.[Symbol.dispose]();
    this.#cell.close();
    this.#booted.reject(error);
    this.#loaded.reject(error);
    this.#ended.resolve(exit);
  }

  #receive(message: unknown): void {
    if (this.#exit !== null) return;
    this.#track?.word();
    try {
      if (Array.isArray(message)) this.#runner?.receive(message);
      else this.#receiveWord(message as BootedMessage | LoadAnswer | HostCallsMessage);
    } catch (error) {
      this.#onBroken(error);
    }
  }

  /** Whatever an isolate sends, only the isolate suffers. */
  #onBroken(error: unknown): void {
    this.kill({ reason: "terminated", detail: `it broke the wall's protocol: ${messageOf(error)}` });
  }

  #receiveWord(message: BootedMessage | LoadAnswer | HostCallsMessage): void {
    switch (message?.type) {
      case "booted":
        this.#booted.resolve();
        break;
      case "host_calls":
        if (this.#hostCalls !== null || this.#outbound?.answers === undefined) {
          throw new WireViolation("calls to nobody");
        }
        this.#hostCalls = new HostCallsBridge(this.#cell.hostCalls(message), this.#outbound.answers);
        break;
      case "loaded":
        this.#track?.loaded();
        this.#loaded.resolve();
        break;
      case "load_failed": {
        const stack = text(message.stack);
        const text_ = stack === "" ? `${text(message.name)}: ${text(message.message)}` : stack;
        this.#loaded.reject(
          new NanoError("APP_FAILED", `Cannot start app "${this.#app}": ${text(message.message)}`, {
            details: [text_],
          }),
        );
        break;
      }
      default:
        throw new WireViolation("an unknown message");
    }
  }
}

function flushLater(flush: () => void): void {
  setImmediate(flush);
}

/** Longest text taken from an isolate: its own code sends less, and the host's log must not be filled by forgery. */
const MAX_TEXT_CHARS = 32 * 1024;

function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MAX_TEXT_CHARS) : "";
}
