/** A 205 over HTTP/1.1, whose end only the end of the connection tells. */
import type { HeaderList } from "../protocol/header_block.ts";
import type { InnerSlots } from "../protocol/inner_slots.ts";
import { CutStream } from "../protocol/wire.ts";

export const RESET_CONTENT = 205;

/**
 * RFC 9110, 15.3.6, has a client wait for the end of a 205: a length of 0, an empty chunk, or the end of the connection.
 * Deno 2.9 writes neither of the first two, whatever the headers say, and ends the connection for a body that fails.
 */
export function closingResponse(slots: InnerSlots, headers: HeaderList): Response {
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new CutStream("A 205 ends with its connection"));
    },
  });
  return slots.makeFetched({ status: RESET_CONTENT, statusText: "", headers, body, url: "", redirected: false });
}
