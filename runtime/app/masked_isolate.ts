/** An isolate whose words come without its app's secrets. */
import type { AppCall } from "../terms/app_call.ts";
import type { KeptFiles } from "../terms/app_view.ts";
import { NanoError } from "../errors.ts";
import type { IsolateObserver } from "../wall/traffic.ts";
import type { IsolateExit } from "../pool/exit_errors.ts";
import type { IsolateLoad } from "../pool/isolate.ts";
import type { OutboundCalls } from "../wall/outbound_bridge.ts";
import type { AppIsolate } from "./supervisor_tools.ts";

/** Passes all on to another isolate, and masks what it says. */
export class MaskedIsolate implements AppIsolate {
  readonly ended: Promise<IsolateExit>;
  readonly gone: Promise<void>;
  readonly #isolate: AppIsolate;
  readonly #mask: (text: string) => string;

  constructor(isolate: AppIsolate, mask: (text: string) => string) {
    this.#isolate = isolate;
    this.#mask = mask;
    this.gone = isolate.gone;
    this.ended = isolate.ended.then((exit) => ({ ...exit, detail: mask(exit.detail) }));
  }

  get inFlight(): number {
    return this.#isolate.inFlight;
  }

  get openSockets(): number {
    return this.#isolate.openSockets;
  }

  get heapBytes(): number {
    return this.#isolate.heapBytes;
  }

  get externalBytes(): number {
    return this.#isolate.externalBytes;
  }

  get processId(): number {
    return this.#isolate.processId;
  }

  get kept(): KeptFiles | null {
    return this.#isolate.kept;
  }

  get cpuMicros(): number {
    return this.#isolate.cpuMicros;
  }

  async load(load: IsolateLoad, observer: IsolateObserver, outbound: OutboundCalls): Promise<void> {
    const mask = this.#mask;
    const masked: IsolateObserver = {
      onCallDone: () => observer.onCallDone(),
      onLog: (level, text) => observer.onLog(level, mask(text)),
      onException: (text) => observer.onException(mask(text)),
    };
    try {
      await this.#isolate.load(load, masked, outbound);
    } catch (error) {
      if (!(error instanceof NanoError)) throw error;
      // Without the cause: it would carry the text along.
      throw new NanoError(error.code, mask(error.message), { details: error.details.map(mask) });
    }
  }

  send(call: AppCall): void {
    this.#isolate.send(call);
  }

  expire(timeoutMs: number): void {
    this.#isolate.expire(timeoutMs);
  }

  drained(): Promise<void> {
    return this.#isolate.drained();
  }

  kill(exit: IsolateExit): void {
    this.#isolate.kill(exit);
  }
}
