/** A cell that is a thread under the warden. */
import type { WirePort } from "../protocol/wire.ts";
import type { HostCallsEnd } from "../wall/host_calls_bridge.ts";
import { SharedHostCalls } from "../wall/shared_host_calls.ts";
import type { Cell, CellExit, CellListener } from "./cell.ts";
import { Deafness } from "./deafness.ts";
import type { WardenLink } from "./warden_link.ts";

/** One thread and the port to it. */
export class WorkerCell implements Cell {
  readonly #warden: WardenLink;
  readonly #port: MessagePort;
  readonly #number: number;
  readonly #deafness = new Deafness();
  /** Whether its end was. */
  #isTold = false;

  constructor(warden: WardenLink, memoryMb: number, listener: CellListener) {
    this.#warden = warden;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = (event) => listener.onMessage(event.data);
    const tellEnd = (exit: CellExit) => {
      if (this.#isTold) return;
      this.#isTold = true;
      listener.onExit(exit);
    };
    this.#number = warden.spawn(memoryMb, port2, {
      onSpawned: (threadId) => listener.onSpawned({ threadId }),
      onFigures: ([, heapBytes, externalBytes, cpuMicros, beats, heard], report) => {
        listener.onFigures(heapBytes, externalBytes, cpuMicros);
        const detail = this.#deafness.judge({ beats, heard }, report);
        if (detail === null || this.#isTold) return;
        this.kill();
        tellEnd({ reason: "unresponsive", detail, cpuMicros });
      },
      onExit: tellEnd,
    });
  }

  post(message: unknown, transfer: Transferable[] | null): void {
    this.#deafness.onSent();
    // An explicit null keeps Deno's fast path; the types want a list.
    (this.#port as WirePort).postMessage(message, transfer);
  }

  limit({ cpuMs, externalBytes }: { readonly cpuMs: number; readonly externalBytes: number }): void {
    this.#warden.limit(this.#number, cpuMs, externalBytes);
  }

  hold(isBusy: boolean): void {
    this.#warden.countInFlight(this.#number, isBusy ? 1 : 0);
  }

  hostCalls(message: unknown): HostCallsEnd {
    return new SharedHostCalls(message as { port: unknown; room: unknown });
  }

  kill(): void {
    this.#warden.kill(this.#number);
  }

  close(): void {
    this.#port.close();
    this.hold(false);
  }
}
