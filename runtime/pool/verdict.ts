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

/** CPU that a garbage collection may take on top of the app's own: 3 to 5 ms a MB were measured, on a quiet machine. */
const COLLECTION_MS_PER_MB = 20;
const COLLECTION_MIN_MS = 1000;

/** Who made memory appear has written to it: nobody writes faster than this a millisecond of CPU (10 GB/s). */
const WRITTEN_BYTES_PER_CPU_MS = 10 * 1024 * 1024;
/** Grain of a thread's CPU clock. */
const CPU_GRAIN_MS = 10;
/** An isolate's growth is at most this many times what its own thread touched first; helpers of V8 touch the rest. */
const GROWN_PER_TOUCHED = 4;
/** The same where only the name of the end is open: garbage of a loop beside a neighbour that grows is no growth. */
const SURELY_GROWN_PER_TOUCHED = 2;

/**
 * An isolate at its CPU limit that took this much meanwhile is on its way out of memory, and how far it has come by then
 * depends on the machine: it may take this many times its CPU limit until its memory tells.
 */
const GROWING_BYTES = 24 * 1024 * 1024;
const GROWING_PATIENCE = 4;

/**
 * Growth and release of others hide whose the process' memory is: an isolate whose verdict would hang on that may take
 * this much CPU more than it has, until it was seen alone for a moment.
 */
const CONTESTED_PATIENCE_MS = 3000;
/** A moment alone that tells: who writes memory at all writes more than CALM_GROWTH_BYTES in it (measured 200 MB/s). */
const CALM_MS = 100;
const CALM_GROWTH_BYTES = 8 * 1024 * 1024;

/** What the warden knows of one isolate. */
export interface Vitals {
  /** Whether garbage is collected on demand; where it is not, plain figures accuse. */
  readonly canCollect: boolean;
  cpuLimitMs: number;
  externalLimitBytes: number;
  readonly heapLimitBytes: number;
  /** Used by objects, garbage included, at its last answer. */
  heapBytes: number;
  /** What its heap took of the process then. */
  committedBytes: number;
  externalBytes: number;
  heapLimitGrew: boolean;
  /** The thread's CPU clock at the last look. */
  cpuMicros: number;
  /** The same when the pending beat was asked for; no turn of the event loop is known since. */
  cpuAtAsk: number;
  /** The same, no later than its last answer. */
  cpuAtAnswer: number;
  /** The process' memory at its last answer, without what others had reported. */
  restAtAnswer: number;
  /** Whether, since its last answer, somebody else may have changed the process' memory without a report. */
  contested: boolean;
  /** By how much the process' memory fell since then: so much growth may be hidden. */
  shrunkBytes: number;
  /** Since when nobody else may have: what the process had then; null while somebody may. */
  calm: { readonly rest: number; readonly cpuMicros: number } | null;
  /** Memory that its thread has touched first, as the system counts it; null where it cannot be had. */
  touchedBytes: number | null;
  /** The same, no later than its last answer. */
  touchedAtAnswer: number | null;
  /** Whether its thread was last seen to have work: a thread that waits for a core is not dead. */
  runnable: boolean;
  /** Whether a beat was asked for and not yet answered. */
  asked: boolean;
  /** Whether that beat asks for a garbage collection too. */
  collecting: boolean;
  /** Looks that passed since, see {@linkcode missedTick}; counted, not timed: a stall of the warden accuses nobody. */
  missedTicks: number;
  /** Looks since then at which it stood still for the host's sake, which are not among those. */
  waitedTicks: number;
  /** Whether it ever answered; before, it is booting and the host's deadline counts. */
  answered: boolean;
}

/** The vitals of an isolate that was just spawned. */
export function newVitals(memoryMb: number, { rest, canCollect }: { rest: number; canCollect: boolean }): Vitals {
  return {
    canCollect,
    cpuLimitMs: Infinity,
    externalLimitBytes: Infinity,
    heapLimitBytes: memoryMb * 1024 * 1024,
    heapBytes: 0,
    committedBytes: 0,
    externalBytes: 0,
    heapLimitGrew: false,
    cpuMicros: 0,
    cpuAtAsk: 0,
    cpuAtAnswer: 0,
    restAtAnswer: rest,
    contested: false,
    shrunkBytes: 0,
    calm: null,
    touchedBytes: null,
    touchedAtAnswer: null,
    runnable: false,
    asked: false,
    collecting: false,
    missedTicks: 0,
    waitedTicks: 0,
    answered: false,
  };
}

/**
 * What a look without an answer counts: a thread whose clock moves is not dead but starved, and a machine under load may
 * leave it a hundredth of a core. It counts a little all the same, or one that sleeps in short naps would never end.
 *
 * @param waitsOnHost whether the thread stands still until the host has answered a call, which has a bound of its own
 */
export function missedTick(cpuMoved: boolean, waitsOnHost: boolean): number {
  if (cpuMoved) return 0.1;
  return waitsOnHost ? 0 : 1;
}

/** Why an isolate must end. */
export interface Verdict {
  readonly reason: "out_of_memory" | "unresponsive";
  readonly detail: string;
}

/**
 * Judges by answers, CPU clock and silence; null lets it live.
 * @param rest the process' memory without what others report: who is silent because it grew is told as out of memory
 * @param options.isFresh whether what its thread touched was just asked for; before, nobody beside others is out of memory
 */
export function judge(vitals: Vitals, rest: number, { isFresh = false } = {}): Verdict | null {
  if (vitals.heapLimitGrew) {
    return {
      reason: "out_of_memory",
      detail: `the heap outgrew its limit of ${mebibytes(vitals.heapLimitBytes)} at once`,
    };
  }
  if (!vitals.canCollect && vitals.externalBytes > vitals.externalLimitBytes) {
    const held = mebibytes(vitals.externalBytes);
    return {
      reason: "out_of_memory",
      detail: `${held} outside the heap, allowed ${mebibytes(vitals.externalLimitBytes)} by external_mb`,
    };
  }
  if (!vitals.asked || !vitals.answered) return null;
  const cpuMs = (vitals.cpuMicros - vitals.cpuAtAsk) / 1000;
  const extraMs = vitals.collecting ? collectionMs(vitals) : 0;
  const cpuLimitMs = vitals.cpuLimitMs + extraMs;
  if (cpuMs > cpuLimitMs) {
    return judgeComputing(vitals, { rest, cpuMs, cpuLimitMs, isFresh });
  }
  const silentMs = Math.round(vitals.missedTicks * TICK_MS);
  // The CPU limit is patience that the operator granted: a blocked thread gets no less of it. One that collects its
  // garbage stands still, not runnable, while threads of V8 mark for it, which wait for a core themselves.
  const patienceMs = Math.max(SILENCE_MS, Math.min(vitals.cpuLimitMs, Number.MAX_SAFE_INTEGER)) +
    Math.max(extraMs, markingMs(vitals));
  if (silentMs > patienceMs && cpuMs < silentMs / 5 && !vitals.runnable) {
    return outgrown(vitals, rest) ?? { reason: "unresponsive", detail: `no sign of life for ${silentMs} ms` };
  }
  return null;
}

/** Of one that is over its CPU limit: whether it computes, grows, or may go on until that can be told. */
function judgeComputing(
  vitals: Vitals,
  { rest, cpuMs, cpuLimitMs, isFresh }: { rest: number; cpuMs: number; cpuLimitMs: number; isFresh: boolean },
): Verdict | null {
  const computes: Verdict = {
    reason: "unresponsive",
    detail: `${Math.round(cpuMs)} ms of CPU without a turn of the event loop`,
  };
  // The warden asks what its thread touched before it carries this out.
  if (vitals.contested && !isFresh) return computes;
  const verdict = outgrown(vitals, rest);
  // Who touched nothing new has nothing to hide.
  const hidden = vitals.shrunkBytes > GROWING_BYTES &&
    grownBytes(vitals, Infinity, SURELY_GROWN_PER_TOUCHED) > GROWING_BYTES;
  if (vitals.contested && (verdict !== null || hidden)) {
    const mayWait = cpuMs <= Math.min(GROWING_PATIENCE * cpuLimitMs, cpuLimitMs + CONTESTED_PATIENCE_MS);
    const { calm } = vitals;
    if (calm === null || vitals.cpuMicros - calm.cpuMicros < 1000 * CALM_MS) {
      return mayWait ? null : verdict ?? computes;
    }
    if (rest - calm.rest <= CALM_GROWTH_BYTES) return computes;
    if (verdict === null && mayWait) return null;
  }
  if (verdict !== null) return verdict;
  const grows = grownBytes(vitals, rest, SURELY_GROWN_PER_TOUCHED) > GROWING_BYTES;
  return grows && cpuMs <= GROWING_PATIENCE * cpuLimitMs ? null : computes;
}

function collectionMs(vitals: Vitals): number {
  return COLLECTION_MIN_MS + markingMs(vitals);
}

/** What the helpers of V8 may take for a collection that nobody asked for: 6.6 s were seen for 230 MB at load 20. */
function markingMs({ heapBytes }: Vitals): number {
  return COLLECTION_MS_PER_MB * heapBytes / 1024 / 1024;
}

/** Of one that must end in any case: whether what it took meanwhile explains its silence. */
function outgrown(vitals: Vitals, rest: number): Verdict | null {
  const grown = grownBytes(vitals, rest, SURELY_GROWN_PER_TOUCHED);
  return grown > Math.max(0, vitals.heapLimitBytes - vitals.heapBytes) ? grownTooMuch(grown) : null;
}

function grownTooMuch(bytes: number): Verdict {
  return { reason: "out_of_memory", detail: `the process grew by ${mebibytes(bytes)} while it did not answer` };
}

/**
 * The largest heap of an app that holds no more than it may, the garbage that V8 lets lie included. Measured with 90 %
 * of 64, 128 and 256 MB held: 151, 220 and 400 MB of the process at most.
 */
export function heapCeilingBytes(limitBytes: number): number {
  return 2 * limitBytes + 48 * 1024 * 1024;
}

/**
 * Whether an isolate grew, since its last answer, by more than it may still take.
 * @returns null unless its answer is due
 */
export function judgeGrowth(vitals: Vitals, rest: number): Verdict | null {
  if (!vitals.asked || !vitals.answered) return null;
  const room = Math.max(0, heapCeilingBytes(vitals.heapLimitBytes) - vitals.committedBytes) +
    Math.max(0, vitals.externalLimitBytes - vitals.externalBytes) + RSS_SLACK_BYTES;
  const grown = grownBytes(vitals, rest);
  return grown > room ? grownTooMuch(grown) : null;
}

/** How much of what the process grew since its last answer an isolate may have caused; who only computes has not. */
export function grownBytes(vitals: Vitals, rest: number, perTouched = GROWN_PER_TOUCHED): number {
  const grown = rest - vitals.restAtAnswer;
  const cpuMs = (vitals.cpuMicros - vitals.cpuAtAnswer) / 1000;
  if (cpuMs < CPU_GRAIN_MS) return 0;
  const { touchedBytes, touchedAtAnswer } = vitals;
  const touched = touchedBytes === null || touchedAtAnswer === null
    ? Infinity
    : perTouched * (touchedBytes - touchedAtAnswer);
  return Math.max(0, Math.min(grown, touched, (cpuMs + CPU_GRAIN_MS) * WRITTEN_BYTES_PER_CPU_MS));
}

/** Bytes as an operator reads them. */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
