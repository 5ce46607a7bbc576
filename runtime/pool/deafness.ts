/** Tells an isolate whose event loop turns, and to which nothing comes any more. */

/**
 * Beats that an isolate has to answer while a message waits for it. The first may have been asked before the message
 * was sent; behind each of the others lies a whole turn of its event loop, in which Deno looks at both ports.
 */
const BEATS = 5;

/** What an isolate tells of itself; only its own word accuses it. */
export interface Hearing {
  /** Heartbeats that it has answered. */
  readonly beats: number;
  /** Messages that had come to it at the last of them. */
  readonly heard: number;
}

/** Reports of such figures are counted, and each tells which of them the host had taken when it was made. */
export interface HearingReport {
  readonly number: number;
  readonly taken: number;
}

/**
 * Compares what was sent to an isolate with what has come to it, by its turns and not by a clock: a machine under load
 * makes nobody deaf. Deno's loop that takes messages off a port ends for good, and nobody hears of it, when it calls a
 * method that the app has replaced by one that throws: how lists are iterated, for a message with buffers. The heartbeat
 * has a port of its own.
 *
 * A host that is held up takes reports that are older than what it has sent meanwhile: turns count from the first report
 * that was made after it had taken one by which a message waits.
 */
export class Deafness {
  #sent = 0;
  /** The report by which something sent has not come, and the beats of the first one made since. */
  #since: { readonly heard: number; readonly report: number; beats: number | null } | null = null;

  /** A message was sent. */
  onSent(): void {
    this.#sent++;
  }

  /**
   * Takes a report.
   * @returns why the isolate has to end, or null
   */
  judge({ beats, heard }: Hearing, { number, taken }: HearingReport): string | null {
    if (heard >= this.#sent) this.#since = null;
    else if (this.#since?.heard !== heard) this.#since = { heard, report: number, beats: null };
    else if (taken >= this.#since.report) {
      this.#since.beats ??= beats;
      if (beats - this.#since.beats >= BEATS) {
        return "it takes nothing any more that it is sent, as when natives are replaced that Deno itself calls";
      }
    }
    return null;
  }
}
