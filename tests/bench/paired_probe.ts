/**
 * Tells a slow machine from a slow NANO: whenever a neighbour is asked, a raw Deno.serve process is asked at the same
 * moment, and the lag of this process' own event loop is measured all the time. What was lost while either of them was
 * late is the machine's; what was lost while both were quick is NANO's.
 */
import { pause } from "../integration/life/until.ts";

/** Later than this counts as slow; a quiet control answers in a millisecond. */
const SLOW_MS = 500;
const LAG_EVERY_MS = 20;

/** How long something took, and when. */
interface Span {
  readonly from: number;
  readonly ms: number;
}

/** Probes until it is disposed. */
export class PairedProbe implements AsyncDisposable {
  readonly #url: string;
  readonly #slow: Span[] = [];
  #worstLagMs = 0;
  #worstControlMs = 0;
  #stopping = false;
  readonly #watching: Promise<void>;

  /** @param url of the control */
  constructor(url: string) {
    this.#url = url;
    this.#watching = this.#watchLag();
  }

  /** Longest delay of a timer of this process. */
  get worstLagMs(): number {
    return this.#worstLagMs;
  }

  /** Longest answer of the control. */
  get worstControlMs(): number {
    return this.#worstControlMs;
  }

  /** Asks the control once. */
  async probe(): Promise<void> {
    const from = performance.now();
    try {
      await (await fetch(this.#url, { signal: AbortSignal.timeout(60_000) })).text();
    } catch {
      // No answer at all is late as well; its time says so
    }
    const ms = performance.now() - from;
    this.#worstControlMs = Math.max(this.#worstControlMs, ms);
    if (ms >= SLOW_MS) this.#slow.push({ from, ms });
  }

  /** Whether the machine was too slow at some moment of a span. */
  wasMachineSlow({ from, ms }: Span): boolean {
    return this.#slow.some((slow) => slow.from < from + ms && from < slow.from + slow.ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await this.#watching;
  }

  async #watchLag(): Promise<void> {
    while (!this.#stopping) {
      const from = performance.now();
      await pause(LAG_EVERY_MS);
      const ms = performance.now() - from;
      this.#worstLagMs = Math.max(this.#worstLagMs, ms - LAG_EVERY_MS);
      if (ms - LAG_EVERY_MS >= SLOW_MS) this.#slow.push({ from, ms });
    }
  }
}
