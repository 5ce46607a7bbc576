/** Listens to the signals that stop and reload a process. */

/** What the signals do. */
export interface SignalHandlers {
  /** SIGTERM or SIGINT; `count` is 1 for the first of them. */
  readonly onStop: (signal: "SIGTERM" | "SIGINT", count: number) => void;
  /** SIGHUP. */
  readonly onReload: () => void;
}

/**
 * Two SIGINT in this time are one at a terminal: Ctrl+C reaches the whole process group of it, and `deno task` and `npx`,
 * which belong to it, send it on to us once more. Nobody presses a key twice that fast.
 */
export const SAME_PRESS_MS = 150;

/** What {@linkcode StopCounter} takes. */
export interface StopCounterOptions {
  /** Monotonic clock, ms. */
  readonly now?: () => number;
  /** Whether a key press may have sent the signal. Default: whether the process has a terminal. */
  readonly atTerminal?: boolean;
}

/** Counts stop signals, at a terminal taking the echo of a key press for one with it. */
export class StopCounter {
  readonly #now: () => number;
  readonly #echoMs: number;
  #count = 0;
  #lastInterrupt = -Infinity;

  constructor({ now = () => performance.now(), atTerminal = hasTerminal() }: StopCounterOptions = {}) {
    this.#now = now;
    this.#echoMs = atTerminal ? SAME_PRESS_MS : 0;
  }

  /** The number of this signal, or null when it is only an echo. */
  next(signal: "SIGTERM" | "SIGINT"): number | null {
    if (signal === "SIGINT") {
      const at = this.#now();
      if (at - this.#lastInterrupt < this.#echoMs) return null;
      this.#lastInterrupt = at;
    }
    return ++this.#count;
  }
}

/**
 * Whether a terminal controls the process, and so may send it signals; its standard streams may all lead elsewhere.
 * A program that sends them by the process' id is no key press, and has no echo.
 */
function hasTerminal(): boolean {
  // A console of Windows tells all of its processes, and has no such file.
  if (Deno.build.os === "windows") return true;
  try {
    Deno.openSync("/dev/tty").close();
    return true;
  } catch {
    return false;
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
