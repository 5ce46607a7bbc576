/** What the requests inside one isolate may have of their bodies there, whether the app reads them or not. */
import type { CallBody } from "../protocol/binding_call.ts";
import { WINDOW_BYTES } from "../protocol/wire.ts";
import type { CallSlot } from "./call_table.ts";
import type { WindowRoom } from "./window_room.ts";

/** Shares room among uploads. A client must not fill an app's memory with bodies that it has not come to read. */
export class UploadRoom {
  readonly #room: WindowRoom;

  constructor(room: WindowRoom) {
    this.#room = room;
  }

  /** Takes room for a request's body until the request is over. @returns the body, as a stream when it is more than that */
  admit(slot: CallSlot, body: CallBody): CallBody {
    if (body === null) return null;
    const isStream = body instanceof ReadableStream;
    // A stream needs a byte more than it has: only while it has credit left is it asked whether it has ended.
    const bodyBytes = isStream ? (slot.call.declaredBytes ?? WINDOW_BYTES) + 1 : body.length;
    slot.roomBytes = this.#room.take(bodyBytes);
    return isStream || bodyBytes <= slot.roomBytes ? body : new Response(body as BodyInit).body;
  }

  /** Gives a request's room back. */
  release(slot: CallSlot): void {
    this.#room.give(slot.roomBytes);
    slot.roomBytes = 0;
  }
}
