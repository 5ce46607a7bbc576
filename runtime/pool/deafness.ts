/** Tells an isolate whose event loop turns, and to which nothing comes any more. */

/**
 * Beats that an isolate has to answer while a message waits for it. The first may have been asked before the message
 * was sent; behind each of the others lies a whole turn of its event loop, in which Deno looks at both ports.
 */
const BEATS = 5;

/**
 * Compares what was sent to an isolate with what has come to it, by its turns and not by a clock: a machine under load
 * makes nobody deaf. Deno's loop that takes messages off a port ends for good, and nobody hears of it, when it calls a
 * method that the app has replaced by one that throws: how lists are iterated, for a message with buffers. The heartbeat
 * has a port of its own.
 */
export class Deafness {
  #sent = 0;
  /** Messages of which it is known that they have come. */
  #heard = 0;
  /** Of each of the others, what the host had sent to anybody with it. */
  #waiting: number[] = [];
  /** Since when nothing has come though something was sent. */
  #since: { readonly heard: number; readonly beats: number } | null = null;

  /** A message was sent. @param hostSent how many the host has sent to anybody with it, as a number of 32 bits */
  onSent(hostSent: number): void {
    this.#sent++;
    this.#waiting.push(hostSent);
  }

  /**
   * Takes what it tells of itself; only its own word accuses it.
   * @param told.beats heartbeats that it has answered
   * @param told.heard messages that had come to it at the last of them
   * @param told.hostSent what the host had sent when this was looked up: a host that is held up reads many such at once,
   *   and what is older than a message tells nothing of that
   * @returns why it has to end, or null
   */
  judge(
    { beats, heard, hostSent }: { readonly beats: number; readonly heard: number; readonly hostSent: number },
  ): string | null {
    const known = Math.min(Math.max(heard, this.#heard), this.#sent);
    this.#waiting.splice(0, known - this.#heard);
    this.#heard = known;
    const [first] = this.#waiting;
    if (first === undefined || (hostSent - first | 0) < 0) this.#since = null;
    else if (this.#since?.heard !== heard) this.#since = { heard, beats };
    else if (beats - this.#since.beats >= BEATS) {
      return "it takes nothing any more that it is sent, as when natives are replaced that Deno itself calls";
    }
    return null;
  }
}
