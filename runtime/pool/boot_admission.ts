/** Boots are admitted a few at a time, requested apps first; more at once would only make every one of them slower. */
import type { Clock } from "../clock.ts";

/**
 * Places for each core. Of the 690 ms that a boot takes on a quiet machine Deno idles 500, so one boot keeps a quarter of
 * a core busy: 40 boots on 2 cores took 14.7 s at 2 places, 7.9 at 4, 5.6 at 8, 5.7 at 16, and 7.0 all at once.
 */
const PLACES_PER_CORE = 4;
/** The warden spawns one after the other, each for 30 to 45 ms: more places than this only wait for it. */
const MAX_PLACES = 16;
/** Between two looks whether a boot still computes; an isolate's CPU clock is told once a second. */
const LOOK_MS = 2_000;
/** Less than this between two looks is no boot at work: among 100 busy threads on 2 cores it would have got 40 ms. */
const AT_WORK_MICROS = 20_000;
/**
 * A suspect boots alone for so long at most: ten boots of a quiet machine. Who computes on is seen at it, and told apart
 * from those that boot beside it afterwards; nobody waits for its deadline.
 */
export const ALONE_MS = 5_000;

/** Who comes first, from first to last; within a rank, who came first. */
export const BOOT_RANKS = ["requested", "well", "died", "spare", "suspect"] as const;

/**
 * Why a boot is asked for: requests wait for the app; it has no death behind it; its last isolate died; an isolate for
 * the reserve; it may have ended the whole process, so it boots last and alone.
 */
export type BootRank = typeof BOOT_RANKS[number];

/** A boot that waits for its place, or has it; disposing it gives either up. */
export interface BootPlace extends Disposable {
  /** Whether it has not been admitted so far. */
  readonly isWaiting: boolean;
  /** Settles with true once it is admitted, with false when it was given up before. */
  readonly admitted: Promise<boolean>;
  /** A request came for the app. */
  hurry(): void;
  /**
   * From now on the place goes back as soon as the boot stops computing: what an app awaits at its top level, maybe for
   * ever, needs no place.
   * @param cpuMicros CPU time of the isolate so far
   */
  watch(cpuMicros: () => number): void;
}

/** How many boots this machine takes at once. */
export function bootPlaces(cores: number): number {
  return Math.max(1, Math.min(MAX_PLACES, Math.floor(cores) * PLACES_PER_CORE));
}

/** What a {@linkcode BootAdmission} works with. */
export interface AdmissionOptions {
  /** Boots at once; see {@linkcode bootPlaces}. */
  readonly places: number;
  readonly clock: Clock;
  /** Apps that are suspected of having ended the process, the least suspected first: in this order they boot. */
  readonly suspects: readonly string[];
}

/** Admits boots. */
export class BootAdmission {
  readonly #options: AdmissionOptions;
  readonly #waiting: Readonly<Record<BootRank, Set<Place>>> = {
    requested: new Set(),
    well: new Set(),
    died: new Set(),
    spare: new Set(),
    suspect: new Set(),
  };
  readonly #admitted = new Set<Place>();
  /** Calls off the time that a suspect has for itself, while it has. */
  #endAlone: (() => void) | null = null;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** As many places as this machine's cores bear. */
  static onThisMachine(clock: Clock, suspects: readonly string[] = []): BootAdmission {
    const places = bootPlaces(navigator.hardwareConcurrency);
    return new BootAdmission({ places, clock, suspects });
  }

  /** Boots at once. */
  get places(): number {
    return this.#options.places;
  }

  /** Apps whose start waits for a place; isolates for the reserve are not counted. */
  get waiting(): number {
    return BOOT_RANKS.reduce((sum, rank) => rank === "spare" ? sum : sum + this.#waiting[rank].size, 0);
  }

  /**
   * Asks for a place.
   * @param app null for an isolate of the reserve
   * @param rank what an app that is no suspect waits as
   */
  enter(app: string | null, rank: Exclude<BootRank, "suspect">): BootPlace {
    const suspicion = app === null ? -1 : this.#options.suspects.indexOf(app);
    const place = new Place(suspicion < 0 ? rank : "suspect", suspicion, {
      clock: this.#options.clock,
      onHurry: (one) => this.#hurry(one),
      onEnd: (one) => this.#leave(one),
    });
    this.#waiting[place.rank].add(place);
    this.#admit();
    return place;
  }

  /** A suspect stays last: its requests must not put the others at risk. */
  #hurry(place: Place): void {
    if (place.rank === "suspect" || !this.#waiting[place.rank].delete(place)) return;
    place.rank = "requested";
    this.#waiting.requested.add(place);
  }

  #leave(place: Place): void {
    this.#waiting[place.rank].delete(place);
    if (this.#admitted.delete(place) && place.rank === "suspect") this.#leaveAlone();
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      this.#waiting[next.rank].delete(next);
      this.#admitted.add(next);
      if (next.rank === "suspect") {
        this.#endAlone = this.#options.clock.after(ALONE_MS, () => {
          this.#leaveAlone();
          this.#admit();
        });
      }
      next.admit();
    }
  }

  #leaveAlone(): void {
    this.#endAlone?.();
    this.#endAlone = null;
  }

  /** Whose turn it is, or null when nobody may boot now. */
  #next(): Place | null {
    if (this.#endAlone !== null) return null;
    for (const rank of BOOT_RANKS) {
      const [first] = this.#waiting[rank];
      if (first === undefined) continue;
      if (rank === "suspect") return this.#admitted.size === 0 ? leastSuspected(this.#waiting.suspect) : null;
      // A spare beside the apps would take the warden and a core from them for 0.14 s.
      if (rank === "spare" && [...this.#admitted].some((place) => place.rank !== "spare")) return null;
      return this.#admitted.size < this.#options.places ? first : null;
    }
    return null;
  }
}

function leastSuspected(places: Iterable<Place>): Place | null {
  let least: Place | null = null;
  for (const place of places) if (least === null || place.suspicion < least.suspicion) least = place;
  return least;
}

interface PlaceTools {
  readonly clock: Clock;
  readonly onHurry: (place: Place) => void;
  readonly onEnd: (place: Place) => void;
}

class Place implements BootPlace {
  rank: BootRank;
  /** Its place among the suspects; below 0 for those who are none. */
  readonly suspicion: number;
  readonly admitted: Promise<boolean>;
  readonly #admitted = Promise.withResolvers<boolean>();
  readonly #tools: PlaceTools;
  #state: "waiting" | "admitted" | "ended" = "waiting";
  #look: (() => void) | null = null;

  constructor(rank: BootRank, suspicion: number, tools: PlaceTools) {
    this.rank = rank;
    this.suspicion = suspicion;
    this.#tools = tools;
    this.admitted = this.#admitted.promise;
  }

  get isWaiting(): boolean {
    return this.#state === "waiting";
  }

  admit(): void {
    this.#state = "admitted";
    this.#admitted.resolve(true);
  }

  hurry(): void {
    if (this.#state === "waiting") this.#tools.onHurry(this);
  }

  watch(cpuMicros: () => number): void {
    if (this.#state !== "admitted") return;
    const before = cpuMicros();
    this.#look = this.#tools.clock.after(LOOK_MS, () => {
      if (cpuMicros() - before < AT_WORK_MICROS) this[Symbol.dispose]();
      else this.watch(cpuMicros);
    });
  }

  [Symbol.dispose](): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#look?.();
    this.#admitted.resolve(false);
    this.#tools.onEnd(this);
  }
}
