/** One end of the wall: batched operations and credit-based byte streams over a MessagePort. */
import { Outbox } from "./outbox.ts";
import { ReceivingStreams } from "./receiving_streams.ts";
import { SendingStreams } from "./sending_streams.ts";

export { type ByteSource, CutStream, type Receiving, type StreamEnd, WINDOW_BYTES } from "./byte_stream.ts";
export type { WirePort } from "./outbox.ts";
export { WireViolation } from "./wire_violation.ts";

/** Batches operations into one message a turn and runs byte streams in both directions. */
export class Wire extends Outbox {
  /** Streams to the peer. */
  readonly sending: SendingStreams = new SendingStreams(this);
  /** Streams from the peer. */
  readonly receiving: ReceivingStreams = new ReceivingStreams(this);

  /** Streams open in either direction. */
  get openStreams(): number {
    return this.sending.size + this.receiving.size;
  }

  /** Ends every stream: the peer is gone. */
  close(error: unknown): void {
    this.shut();
    this.sending.close(error);
    this.receiving.close(error);
  }
}
