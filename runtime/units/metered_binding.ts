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
  async call(call: BindingCall): Promise<CallAnswer> {
    const startedAt = this.#tools.clock.now();
    const span = this.#span(call);
    try {
      const answer = await this.#host.call(call);
      this.#tell(call, { outcome: "ok", startedAt, span });
      return answer;
    } catch (error) {
      if (call.signal.aborted) this.#tell(call, { outcome: "given_up", startedAt, span });
      else if (error instanceof BindingError && error.reason === null) {
        this.#tell(call, { outcome: "refused", startedAt, span });
      } else {
        this.#tell(call, { outcome: "failed", startedAt, span });
        const { app, binding, emit } = this.#tools;
        const isTold = error instanceof BindingError;
        const why = isTold ? error.reason! : messageOf(error);
        emit({ event: "binding_failed", app, binding, operation: this.#operation(call), error: why });
        if (isTold) throw error;
        throw new BindingError(`Cannot use env.${binding}: it failed in the host, whose log says why`, {
          code: "BINDING_FAILED",
        });
      }
      throw error;
    }
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

  /** A streamed answer goes on after it. */
  #tell(
    call: BindingCall,
    { outcome, startedAt, span }: {
      readonly outcome: BindingOutcome;
      readonly startedAt: number;
      readonly span: CallSpan | null;
    },
  ): void {
    span?.end(outcome === "ok" ? null : outcome);
    const { app, binding, clock, emit } = this.#tools;
    const durationMs = clock.now() - startedAt;
    const { storedBytes } = this;
    emit({ event: "binding_call", app, binding, operation: this.#operation(call), outcome, durationMs, storedBytes });
  }
}
