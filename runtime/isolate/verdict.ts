/** Judges an isolate by figures it cannot forge, and by those of its own that accuse it. */

/** Between two looks of the warden at an isolate whose answer is due. */
export const TICK_MS = 100;

/**
 * An isolate that neither answers nor computes for this long is dead; one idle app was once seen silent for 1.5 s,
 * so anything shorter would kill the innocent.
 */
export const SILENCE_MS = 5000;

/** Memory that may appear for other reasons while an isolate is silent: garbage of neighbours, buffers of the host. */
export const RSS_SLACK_BYTES = 32 * 1024 * 1024;

/** Memory no isolate reports (queues, WebAssembly) that is tolerated beyond a suspect's own allowance. */
export const UNEXPLAINED_SLACK_BYTES = 256 * 1024 * 1024;

/** Who made memory appear has written to it: nobody writes faster than this a millisecond of CPU (10 GB/s). */
const WRITTEN_BYTES_PER_CPU_MS = 10 * 1024 * 1024;
/** Grain of a thread's CPU clock. */
const CPU_GRAIN_MS = 10;

/** Whether an isolate that computed this long may have made memory grow that much; an idle neighbour has not. */
export function couldHaveGrown(cpuMicros: number, bytes: number): boolean {
  return cpuMicros / 1000 >= Math.max(CPU_GRAIN_MS, bytes / WRITTEN_BYTES_PER_CPU_MS - CPU_GRAIN_MS);
}

/** What the warden knows of one isolate. */
export interface Vitals {
  cpuLimitMs: number;
  externalLimitBytes: number;
  readonly heapLimitBytes: number;
  heapBytes: number;
  externalBytes: number;
  heapLimitGrew: boolean;
  /** The thread's CPU clock at the last look. */
  cpuMicros: number;
  /** The same when the pending beat was asked for; no turn of the event loop is known since. */
  cpuAtAsk: number;
  /** The process' memory when the pending beat was asked for. */
  rssAtAsk: number;
  /** Whether a beat was asked for and not yet answered. */
  asked: boolean;
  /** Looks that passed since; counted, not timed, so that a stall of the warden accuses nobody. */
  missedTicks: number;
  /** Whether it ever answered; before, it is booting and the host's deadline counts. */
  answered: boolean;
}

/** The vitals of an isolate that was just spawned. */
export function newVitals(memoryMb: number, rss: number): Vitals {
  return {
    cpuLimitMs: Infinity,
    externalLimitBytes: Infinity,
    heapLimitBytes: memoryMb * 1024 * 1024,
    heapBytes: 0,
    externalBytes: 0,
    heapLimitGrew: false,
    cpuMicros: 0,
    cpuAtAsk: 0,
    rssAtAsk: rss,
    asked: false,
    missedTicks: 0,
    answered: false,
  };
}

/** Why an isolate must end. */
export interface Verdict {
  readonly reason: "out_of_memory" | "unresponsive";
  readonly detail: string;
}

/** Judges by answers, CPU clock and silence; null lets it live. */
export function judge(vitals: Vitals): Verdict | null {
  if (vitals.heapLimitGrew) {
    return { reason: "out_of_memory", detail: `the heap hit its limit of ${megabytes(vitals.heapLimitBytes)}` };
  }
  if (vitals.externalBytes > vitals.externalLimitBytes) {
    const held = megabytes(vitals.externalBytes);
    return {
      reason: "out_of_memory",
      detail: `${held} outside the heap, allowed ${megabytes(vitals.externalLimitBytes)}`,
    };
  }
  if (!vitals.asked || !vitals.answered) return null;
  const cpuMs = (vitals.cpuMicros - vitals.cpuAtAsk) / 1000;
  if (cpuMs > vitals.cpuLimitMs) {
    return { reason: "unresponsive", detail: `${Math.round(cpuMs)} ms of CPU without a turn of the event loop` };
  }
  const silentMs = vitals.missedTicks * TICK_MS;
  // The CPU limit is patience that the operator granted: a blocked thread gets no less of it.
  const patienceMs = Math.max(SILENCE_MS, Math.min(vitals.cpuLimitMs, Number.MAX_SAFE_INTEGER));
  if (silentMs > patienceMs && cpuMs < silentMs / 5) {
    return { reason: "unresponsive", detail: `no sign of life for ${silentMs} ms` };
  }
  return null;
}

/**
 * Whether the process grew, since an isolate was asked, by more than that isolate may still take.
 * @returns null unless its answer is due
 */
export function judgeGrowth(vitals: Vitals, rss: number): Verdict | null {
  if (!vitals.asked || !vitals.answered) return null;
  const room = Math.max(0, vitals.heapLimitBytes - vitals.heapBytes) +
    Math.max(0, vitals.externalLimitBytes - vitals.externalBytes) + RSS_SLACK_BYTES;
  const grown = rss - vitals.rssAtAsk;
  if (grown <= room || !couldHaveGrown(vitals.cpuMicros - vitals.cpuAtAsk, grown)) return null;
  return { reason: "out_of_memory", detail: `the process grew by ${megabytes(grown)} while it did not answer` };
}

/**
 * Judges the isolate that used most CPU while memory grew that nobody reports.
 * @param unexplained bytes of the process that no isolate's report and no base cost explain
 */
export function judgeUnexplained(vitals: Vitals, unexplained: number): Verdict | null {
  const room = Math.max(0, vitals.externalLimitBytes - vitals.externalBytes) + UNEXPLAINED_SLACK_BYTES;
  if (!(unexplained > room)) return null;
  return { reason: "out_of_memory", detail: `${megabytes(unexplained)} outside the heap that it does not report` };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
