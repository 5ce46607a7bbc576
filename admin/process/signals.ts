/** Listens to the signals that stop and reload a process. */

/** What the signals do. */
export interface SignalHandlers {
  /** SIGTERM or SIGINT; `count` is 1 for the first of them. */
  readonly onStop: (signal: "SIGTERM" | "SIGINT", count: number) => void;
  /** SIGHUP. */
  readonly onReload: () => void;
}

/**
 * Two SIGINT in this time are one: Ctrl+C reaches the whole process group of the terminal, and `deno task` and `npx`,
 * which belong to it, send it on to us once more. Nobody presses a key twice that fast.
 */
export const SAME_PRESS_MS = 150;

/** Counts stop signals, taking the echo of a key press for one with it. */
export class StopCounter {
  readonly #now: () => number;
  #count = 0;
  #lastInterrupt = -Infinity;

  /** @param now monotonic clock, ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The number of this signal, or null when it is only an echo. */
  next(signal: "SIGTERM" | "SIGINT"): number | null {
    if (signal === "SIGINT") {
      const at = this.#now();
      if (at - this.#lastInterrupt < SAME_PRESS_MS) return null;
      this.#lastInterrupt = at;
    }
    return ++this.#count;
  }
}

/** Listens until it is disposed. */
export function listenSignals(handlers: SignalHandlers): Disposable {
  const counter = new StopCounter();
  const stop = (signal: "SIGTERM" | "SIGINT") => () => {
    const count = counter.next(signal);
    if (count !== null) handlers.onStop(signal, count);
  };
  const listeners: [Deno.Signal, () => void][] = [["SIGINT", stop("SIGINT")]];
  // Windows knows neither.
  if (Deno.build.os !== "windows") listeners.push(["SIGTERM", stop("SIGTERM")], ["SIGHUP", handlers.onReload]);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}
