/** Shows the body of a queue's message to people. */
import type { QueueMessageView } from "../../runtime/mod.ts";

/** What is shown of a body. */
export interface ShownBody {
  readonly body: string;
  /** Whether it is base64, as its bytes are no text. */
  readonly base64: boolean;
}

/** Text and JSON as they are, anything else as base64. */
export function shownBody({ type, body, size }: QueueMessageView): ShownBody {
  if (type === "text" || type === "json") {
    try {
      // Where it is cut a letter may have lost its end, which is left out.
      const stream = body.byteLength < size;
      return {
        body: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body, { stream }),
        base64: false,
      };
    } catch {
      // What is no text is shown as what it is.
    }
  }
  return { body: (body as Uint8Array & { toBase64(): string }).toBase64(), base64: true };
}
