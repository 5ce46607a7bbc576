/** What both sides do when an operation of a stream arrives. */
import type { Handlers } from "./batch.ts";
import type { Wire } from "./wire.ts";

/** Names of the operations of streams. */
export type StreamOperation = "DATA" | "END" | "ERROR" | "CREDIT" | "CANCEL";

/**
 * The operations of streams, which both sides take alike.
 * @param text makes a text of what should be one: the host bounds it, since isolates may send anything
 * @param onError told of a sender that failed
 */
export function streamHandlers(
  wire: Wire,
  { text, onError }: { text: (value: unknown) => string; onError: (id: number, message: string) => void },
): Handlers<StreamOperation> {
  return {
    DATA: (id, bytes) => wire.receiving.onData(id as number, bytes),
    END: (id) => wire.receiving.onEnd(id as number),
    ERROR: (id, message) => onError(id as number, text(message)),
    CREDIT: (id, bytes) => wire.sending.onCredit(id as number, bytes),
    CANCEL: (id, reason) => wire.sending.onCancel(id as number, text(reason)),
  };
}
