/** A binding whose calls are events and spans, and whose failures are told to the operator and not to the app. */
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { BindingOutcome, NanoEvent } from "../terms/events.ts";
import type { CallSpan, Tracer } from "../trace/tracer.ts";
import { type BindingCall, BindingError, type BindingHost, type CallAnswer } from "../protocol/binding_call.ts";

/** Whose it is, and who hears of it. */
export interface MeterTools {
  readonly app: string;
  /** Its name in `env`. */
  readonly binding: string;
  readonly clock: Clock;
  readonly emit: (event: NanoEvent) => void;
  /** Null while Deno's OpenTelemetry is off. */
  readonly tracer: Tracer | null;
}

/** A call on its way. */
interface Begun {
  readonly startedAt: number;
  readonly span: CallSpan | null;
}

/** Stands before a binding, which it owns. */
export class MeteredBinding implements BindingHost {
  readonly methods: readonly string[];
  readonly hasOwnDeadline: boolean;
  readonly #host: BindingHost;
  readonly #tools: MeterTools;

  constructor(host: BindingHost, tools: MeterTools) {
    this.methods = host.methods;
    this.hasOwnDeadline = host.hasOwnDeadline === true;
    this.#host = host;
    this.#tools = tools;
  }

  /** What its store holds, as far as is known. */
  get storedBytes(): number | null {
    return this.#host.storedBytes ?? null;
  }

  /** @throws {BindingError} also for what failed in the host */
  call(call: BindingCall): CallAnswer | Promise<CallAnswer> {
    const begun: Begun = { startedAt: this.#tools.clock.now(), span: this.#span(call) };
    let answer: CallAnswer | Promise<CallAnswer>;
    try {
      answer = this.#host.call(call);
    } catch (error) {
      throw this.#failed(call, begun, error);
    }
    if (answer instanceof Promise) return this.#follow(call, begun, answer);
    this.#tell(call, begun, "ok");
    return answer;
  }

  [Symbol.dispose](): void {
    this.#host[Symbol.dispose]();
  }

  /** A label of a metric: what an isolate makes up must not become one. */
  #operation({ method }: BindingCall): string {
    return this.methods.includes(method) ? method : "other";
  }

  #span(call: BindingCall): CallSpan | null {
    const { app, binding, tracer } = this.#tools;
    if (tracer === null) return null;
    const operation = this.#operation(call);
    const attributes = { "nano.binding": binding, "nano.operation": operation };
    return tracer.startCall({ app, name: `${binding}.${operation}`, trace: call.trace ?? "", attributes });
  }

  async #follow(call: BindingCall, begun: Begun, work: Promise<CallAnswer>): Promise<CallAnswer> {
    let answer: CallAnswer;
    try {
      answer = await work;
    } catch (error) {
      throw this.#failed(call, begun, error);
    }
    this.#tell(call, begun, "ok");
    return answer;
  }

  /** @returns what the app is told */
  #failed(call: BindingCall, begun: Begun, error: unknown): unknown {
    const isTold = error instanceof BindingError;
    if (call.signal.aborted) this.#tell(call, begun, "given_up");
    else if (isTold && error.reason === null) this.#tell(call, begun, "refused");
    else {
      this.#tell(call, begun, "failed");
      const { app, binding, emit } = this.#tools;
      const why = isTold ? error.reason! : messageOf(error);
      emit({ event: "binding_failed", app, binding, operation: this.#operation(call), error: why });
      if (!isTold) {
        return new BindingError(`Cannot use env.${binding}: it failed in the host, whose log says why`, {
          code: "BINDING_FAILED",
        });
      }
    }
    return error;
  }

  /** A streamed answer goes on after it. */
  #tell(call: BindingCall, { startedAt, span }: Begun, outcome: BindingOutcome): void {
    span?.end(outcome === "ok" ? null : outcome);
    const { app, binding, clock, emit } = this.#tools;
    const durationMs = clock.now() - startedAt;
    const { storedBytes } = this;
    emit({ event: "binding_call", app, binding, operation: this.#operation(call), outcome, durationMs, storedBytes });
  }
}
