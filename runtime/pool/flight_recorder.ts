/** Notes which isolate boots, computes or ends, and since when, where the note survives the death of the process. */
import type { Clock } from "../clock.ts";

/** What is noted of one isolate; times are ms since the epoch, because another process reads them. */
export interface FlightEntry {
  /** Its thread is named `worker-<threadId>`. */
  readonly threadId: number;
  /** Name of the app. */
  readonly app: string;
  /** Of its code. */
  readonly version: string;
  /** `ending`: killed, and its thread may still compute. */
  readonly phase: "booting" | "running" | "ending";
  /** Start of the phase. */
  readonly since: number;
  /** Since when it holds requests, or null. */
  readonly busySince: number | null;
  /** Since when it holds requests and says nothing, or null. */
  readonly quietSince: number | null;
  /** How often it began to hold requests after a pause, the present time included. */
  readonly bouts: number;
}

/**
 * Keeps an entry in its slot until the next one, or forgets it. Called at once when something changes, on the host's
 * thread: it has to be cheap, and must not throw.
 */
export type FlightSink = (slot: number, entry: FlightEntry | null) => void;

/** Between two looks at isolates that are noted as busy. */
export const FLIGHT_LOOK_MS = 40;
/** Looks without a word after which a busy isolate is quiet: one that answers many short requests never is. */
const QUIET_LOOKS = 3;

/** Notes for all isolates. */
export class FlightRecorder implements Disposable {
  readonly #sink: FlightSink;
  readonly #clock: Pick<Clock, "wall" | "after">;
  readonly #busy = new Set<FlightTrack>();
  readonly #free: number[] = [];
  #slots = 0;
  #cancel: (() => void) | null = null;

  constructor(sink: FlightSink, clock: Pick<Clock, "wall" | "after">) {
    this.#sink = sink;
    this.#clock = clock;
  }

  /** Begins to note an isolate that becomes an app. */
  open(known: Pick<FlightEntry, "threadId" | "app" | "version">): FlightTrack {
    const slot = this.#free.pop() ?? this.#slots++;
    const track: FlightTrack = new FlightTrack(known, () => this.#clock.wall(), {
      write: (entry) => this.#sink(slot, entry),
      onBusy: () => {
        this.#busy.add(track);
        this.#cancel ??= this.#clock.after(FLIGHT_LOOK_MS, this.#look);
      },
      onGone: () => {
        this.#busy.delete(track);
        this.#free.push(slot);
      },
    });
    return track;
  }

  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#busy.clear();
  }

  readonly #look = (): void => {
    for (const track of this.#busy) if (!track.look()) this.#busy.delete(track);
    this.#cancel = this.#busy.size === 0 ? null : this.#clock.after(FLIGHT_LOOK_MS, this.#look);
  };
}

/** What a track needs of its recorder. */
interface TrackTools {
  readonly write: (entry: FlightEntry | null) => void;
  readonly onBusy: () => void;
  readonly onGone: () => void;
}

/**
 * The notes of one isolate. Busy is noted before the first request goes in, and taken back some ms after the last one
 * came out: an app with one short request after the other costs a write in the beginning and none after it.
 */
export class FlightTrack {
  readonly #known: Pick<FlightEntry, "threadId" | "app" | "version">;
  readonly #wall: () => number;
  readonly #tools: TrackTools;
  #phase: FlightEntry["phase"] | "gone" = "booting";
  #since: number;
  #busySince: number | null = null;
  #quietSince: number | null = null;
  #bouts = 0;
  #holds = false;
  #wasIdle = false;
  #words = 0;
  #heard = 0;
  #quietLooks = 0;

  constructor(known: Pick<FlightEntry, "threadId" | "app" | "version">, wall: () => number, tools: TrackTools) {
    this.#known = known;
    this.#wall = wall;
    this.#tools = tools;
    this.#since = wall();
    this.#write();
  }

  /** Its code has loaded. */
  loaded(): void {
    if (this.#phase === "booting") this.#enter("running");
  }

  /** The first request goes in, or the last one came out. */
  hold(holds: boolean): void {
    this.#holds = holds;
    if (holds) this.#wasIdle = false;
    if (!holds || this.#busySince !== null || this.#phase === "gone") return;
    this.#busySince = this.#wall();
    this.#bouts++;
    this.#heard = this.#words;
    this.#quietLooks = 0;
    this.#tools.onBusy();
    this.#write();
  }

  /** It said something. */
  word(): void {
    this.#words++;
  }

  /** It was killed; its thread may go on. */
  ending(): void {
    if (this.#phase === "gone") return;
    this.#holds = false;
    this.#enter("ending");
  }

  /** Its thread is gone. */
  gone(): void {
    if (this.#phase === "gone") return;
    this.#phase = "gone";
    this.#tools.write(null);
    this.#tools.onGone();
  }

  /** Looks whether it still is busy, and speaks. @returns whether to look again */
  look(): boolean {
    if (this.#phase === "gone" || this.#busySince === null) return false;
    if (!this.#holds) {
      if (!this.#wasIdle) {
        // Idle for less than a look: the next request may be on its way.
        this.#wasIdle = true;
        return true;
      }
      this.#busySince = this.#quietSince = null;
      this.#write();
      return false;
    }
    this.#wasIdle = false;
    if (this.#words !== this.#heard) {
      this.#heard = this.#words;
      this.#quietLooks = 0;
      if (this.#quietSince !== null) {
        this.#quietSince = null;
        this.#write();
      }
    } else if (++this.#quietLooks === QUIET_LOOKS) {
      this.#quietSince = this.#wall() - QUIET_LOOKS * FLIGHT_LOOK_MS;
      this.#write();
    }
    return true;
  }

  #enter(phase: FlightEntry["phase"]): void {
    this.#phase = phase;
    this.#since = this.#wall();
    this.#write();
  }

  #write(): void {
    const phase = this.#phase;
    if (phase === "gone") return;
    this.#tools.write({
      ...this.#known,
      phase,
      since: this.#since,
      busySince: this.#busySince,
      quietSince: this.#quietSince,
      bouts: this.#bouts,
    });
  }
}
