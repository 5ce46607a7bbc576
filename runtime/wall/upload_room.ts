/** What the requests inside one isolate may have of their bodies there, whether the app reads them or not. */
import type { CallBody } from "../protocol/binding_call.ts";
import { WINDOW_BYTES } from "../protocol/wire.ts";
import type { CallSlot } from "./call_table.ts";

/** What each gets however many there are, so that none waits for a reader of another: 8 MiB for 512 of them. */
const LEAST_BYTES = 16 * 1024;

/** A body takes at most this part of what is left: the first get whole windows, many at once get smaller ones. */
const PART = 4;

/** Shares room among uploads. A client must not fill an app's memory with bodies that it has not come to read. */
export class UploadRoom {
  #freeBytes: number;

  /** @param externalBytes what the app may hold outside the heap: uploads share a quarter of it */
  constructor(externalBytes: number) {
    this.#freeBytes = externalBytes / 4;
  }

  /** Takes room for a request's body until the request is over. @returns the body, as a stream when it is more than that */
  admit(slot: CallSlot, body: CallBody): CallBody {
    if (body === null) return null;
    const isStream = body instanceof ReadableStream;
    // A stream needs a byte more than it has: only while it has credit left is it asked whether it has ended.
    const bodyBytes = isStream ? (slot.call.declaredBytes ?? WINDOW_BYTES) + 1 : body.length;
    const most = Math.max(LEAST_BYTES, Math.floor(this.#freeBytes / PART));
    slot.roomBytes = Math.min(bodyBytes, WINDOW_BYTES, most);
    this.#freeBytes -= slot.roomBytes;
    return isStream || bodyBytes <= slot.roomBytes ? body : new Response(body as BodyInit).body;
  }

  /** Gives a request's room back. */
  release(slot: CallSlot): void {
    this.#freeBytes += slot.roomBytes;
    slot.roomBytes = 0;
  }
}
