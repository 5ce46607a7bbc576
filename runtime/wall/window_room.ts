/** Room that the streams of one isolate share: one that nobody reads must not cost a whole window, however many there are. */
import { type Receiving, type StreamEnd, WINDOW_BYTES, type Wire } from "../protocol/wire.ts";

/** What each gets however many there are, so that none waits for a reader of another: 8 MiB for 512 of them. */
const LEAST_BYTES = 16 * 1024;

/** A stream takes at most this part of what is left: the first get whole windows, many at once get smaller ones. */
const PART = 4;

/** Shares bytes among streams. */
export class WindowRoom {
  #freeBytes: number;

  /** @param externalBytes what the app may hold outside the heap: its streams share a quarter of it */
  constructor(externalBytes: number) {
    this.#freeBytes = externalBytes / 4;
  }

  /** @param bytes that a stream has use for @returns those it gets, which it gives back when it is over */
  take(bytes: number): number {
    const most = Math.max(LEAST_BYTES, Math.floor(this.#freeBytes / PART));
    const taken = Math.min(bytes, WINDOW_BYTES, most);
    this.#freeBytes -= taken;
    return taken;
  }

  give(bytes: number): void {
    this.#freeBytes += bytes;
  }

  /** Opens the host's end of a stream that its isolate sends once it is asked to; until then it is that one's memory. */
  open(wire: Wire, id: number): Receiving {
    const bytes = this.take(WINDOW_BYTES);
    const giveBack = () => this.give(bytes);
    const onEnd = (end: StreamEnd) => {
      if (end === "done" && receiving.queue.length > 0) receiving.onRead = giveBack;
      else giveBack();
    };
    const receiving = wire.receiving.open(id, onEnd, bytes);
    receiving.isUntouched = true;
    return receiving;
  }
}
