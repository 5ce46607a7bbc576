/** Streams of the host's own that an isolate hands on as it got them: they are read here, and nothing of them crosses. */
import { shownReason } from "../protocol/chunks.ts";
import type { Receiving, StreamEnd, Wire } from "../protocol/wire.ts";

/** Which stream, and what it is from now on. */
export interface RelayedStream {
  /** Of its receiving end. */
  readonly id: number;
  /** Under which it was sent to the isolate. */
  readonly relayed: number;
}

/** Those of one isolate. */
export class RelayedStreams {
  readonly wire: Wire;
  /** How each ends before its time, by the ids under which the isolate knew them. */
  readonly #stops = new Map<number, (reason: string) => void>();

  constructor(wire: Wire) {
    this.wire = wire;
  }

  /**
   * Opens the receiving end of one.
   * @param options.onFailed told when it cannot be read any further, after whoever opened it for the isolate, and before `onEnd`
   * @returns null when the isolate was sent no such stream, has asked for its bytes, or it is over
   */
  open(
    { id, relayed }: RelayedStream,
    { onEnd, onFailed }: Pick<Receiving, "onEnd"> & { readonly onFailed?: (message: string) => void },
  ): Receiving | null {
    const { wire } = this;
    const taken = wire.sending.take(relayed);
    if (taken === null) return null;
    const tellOwner = (end: StreamEnd, error?: unknown) => {
      if (this.#stops.delete(relayed)) taken.onEnd(end, error);
    };
    this.#stops.set(relayed, (reason) => {
      this.#stops.delete(relayed);
      wire.receiving.onError(id, reason);
    });
    return wire.receiving.openFrom(id, taken.source, {
      onEnd: (end, bytes) => {
        // That its reader has failed is no fault of the stream's own.
        tellOwner(end === "done" ? "done" : "cancelled");
        onEnd(end, bytes);
      },
      onFailed: (error) => {
        const message = shownReason(error);
        tellOwner("failed", error);
        onFailed?.(message);
        wire.receiving.onError(id, message);
      },
    });
  }

  /** Ends a stream of which nobody may have more, whether it is sent or relayed. */
  stop(id: number, reason: string): void {
    this.wire.sending.stop(id, reason);
    this.#stops.get(id)?.(reason);
  }
}
