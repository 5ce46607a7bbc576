/** An isolate in a test's hand: loads, answers, drains and dies when told. */
import { exitError, type IsolateExit } from "../../../runtime/pool/exit_errors.ts";
import type { IsolateObserver } from "../../../runtime/wall/traffic.ts";
import type { IsolateLoad } from "../../../runtime/pool/isolate.ts";
import type { AppIsolate } from "../../../runtime/app/supervisor_tools.ts";
import type { AppCall } from "../../../runtime/terms/app_call.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { NanoError } from "../../../runtime/errors.ts";

/** What a supervisor sees of an isolate. */
export class FakeIsolate implements AppIsolate {
  readonly ended: Promise<IsolateExit>;
  /** Its thread ends with it unless a test holds it. */
  gone: Promise<void>;
  readonly openSockets = 0;
  heapBytes = 11;
  externalBytes = 22;
  processId = 0;
  kept = null;
  cpuMicros = 0;
  exit: IsolateExit | null = null;
  given: IsolateLoad | null = null;
  drainsAsked = 0;
  /** Resolves load(). */
  readonly loaded = Promise.withResolvers<void>();
  /** Resolves drained(). */
  readonly quiet = Promise.withResolvers<void>();
  readonly calls = new Set<AppCall>();
  /** Every call ever sent here, in order. */
  readonly received: AppCall[] = [];
  readonly #ended = Promise.withResolvers<IsolateExit>();
  readonly #clock: Clock;
  #observer: IsolateObserver | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.ended = this.#ended.promise;
    this.gone = this.ended.then(() => {});
    this.loaded.promise.catch(() => {});
  }

  get inFlight(): number {
    return this.calls.size;
  }

  load(load: IsolateLoad, observer: IsolateObserver): Promise<void> {
    this.given = load;
    this.#observer = observer;
    return this.loaded.promise;
  }

  send(call: AppCall): void {
    if (this.exit !== null) throw new Error("a dead isolate was given a call");
    this.calls.add(call);
    this.received.push(call);
  }

  expire(timeoutMs: number): void {
    for (const call of [...this.calls]) {
      if (call.startedAt > this.#clock.now() - timeoutMs) continue;
      this.#leave(call, () => call.fail(new NanoError("REQUEST_TIMEOUT", "too late")));
    }
  }

  drained(): Promise<void> {
    this.drainsAsked++;
    return this.quiet.promise;
  }

  /** Ends it, by the host or by itself. */
  kill(exit: IsolateExit): void {
    if (this.exit !== null) return;
    this.exit = exit;
    const error = exitError("blog", exit);
    // As the real one: what has ended tells nothing more.
    this.#observer = null;
    for (const call of this.calls) call.fail(error);
    this.calls.clear();
    this.loaded.reject(error);
    this.quiet.resolve();
    this.#ended.resolve(exit);
  }

  /** Answers one call, by default the one that is here longest. */
  answer(call: AppCall = [...this.calls][0]!): void {
    this.#leave(call, () => call.respond(200, "", "ok"));
  }

  /** A console line of the app. */
  log(level: string, text: string): void {
    this.#observer?.onLog(level, text);
  }

  #leave(call: AppCall, tell: () => void): void {
    this.calls.delete(call);
    tell();
    this.#observer?.onCallDone();
  }
}
