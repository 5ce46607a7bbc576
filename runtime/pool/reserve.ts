/** Booted, empty isolates in reserve, so that a start, a restart or a wake takes milliseconds. */
import type { Clock } from "../clock.ts";
import type { BootAdmission, BootPlace } from "./boot_admission.ts";
import type { IsolateExit } from "./exit_errors.ts";

/** Apps for each isolate in reserve: restarts of several apps at once are rare. */
const APPS_PER_SPARE = 4;
/** Fewest and most spares of one memory size; with two, the next reload need not wait 600 ms for the last one's spare. */
const MIN_SPARES = 2;
const MAX_SPARES = 4;
/** A spawn occupies the warden for 40 ms and a core longer: a wake that took the spare before took 11.6 instead of 6.6 ms. */
const REFILL_AFTER_MS = 100;
/** A spare that has not booted by then, on the slowest machine, will not. */
const BOOT_MS = 120_000;
/** Nobody waits longer for one that was taken before it had booted: the last attempts of a start (app/isolate_start.ts). */
const TAKEN_BOOT_MS = 600_000;

/** What a reserve needs of an isolate; Isolate fits. */
export interface SpareIsolate {
  readonly booted: Promise<void>;
  readonly ended: Promise<IsolateExit>;
  kill(exit: IsolateExit): void;
}

/** What a reserve works with. */
export interface ReserveTools<Isolate extends SpareIsolate> {
  /** Creates an isolate with a heap cap. */
  readonly spawn: (memoryMb: number) => Isolate;
  /** Where spares wait for their turn, after every app. */
  readonly admission: BootAdmission;
  readonly clock: Clock;
}

/** The spares of one heap cap, which is fixed when an isolate is created. */
interface Shelf<Isolate> {
  wanted: number;
  /** Beside them, for starts that are to come: none of these is replaced. */
  expected: number;
  /** Spares with what gives their place for booting back. */
  readonly spares: Map<Isolate, () => void>;
  /** Spares whose turn to boot has not come. */
  readonly ordered: Set<BootPlace>;
}

/** Keeps spares. A spare that dies is replaced when the next one is taken. */
export class Reserve<Isolate extends SpareIsolate> implements Disposable {
  readonly #tools: ReserveTools<Isolate>;
  readonly #shelves = new Map<number, Shelf<Isolate>>();
  readonly #refills = new Map<number, () => void>();
  /** Taken, and not booted yet: whoever took one may have given up. */
  readonly #taken = new Set<Isolate>();
  #closed = false;

  constructor(tools: ReserveTools<Isolate>) {
    this.#tools = tools;
  }

  /**
   * Sets for how many apps of each heap cap spares are kept; surplus spares end.
   * @param spares how many for each cap, unless as many as are usual
   */
  demand(appsByMemoryMb: ReadonlyMap<number, number>, spares: number | null = null): void {
    for (const shelf of this.#shelves.values()) Object.assign(shelf, { wanted: 0, expected: 0 });
    for (const [memoryMb, apps] of appsByMemoryMb) {
      if (apps === 0) continue;
      const usual = Math.min(MAX_SPARES, Math.max(MIN_SPARES, Math.ceil(apps / APPS_PER_SPARE)));
      this.#shelf(memoryMb).wanted = spares ?? usual;
    }
    for (const memoryMb of this.#shelves.keys()) this.#level(memoryMb);
  }

  /** Boots so many of each heap cap for those who come first; what nobody took ends with the next demand. */
  expect(byMemoryMb: ReadonlyMap<number, number>): void {
    for (const [memoryMb, expected] of byMemoryMb) {
      this.#shelf(memoryMb).expected = expected;
      this.#level(memoryMb);
    }
  }

  /**
   * Takes a booted isolate, from the reserve if there is one; whoever takes it has been admitted.
   * @throws {NanoError} when a fresh one ends before it has booted
   */
  async take(memoryMb: number): Promise<Isolate> {
    const shelf = this.#shelf(memoryMb);
    const { spares } = shelf;
    const [first] = spares;
    shelf.expected = Math.max(0, shelf.expected - 1);
    // Whoever takes it has a place of its own.
    first?.[1]();
    const isolate = first?.[0] ?? this.#tools.spawn(memoryMb);
    spares.delete(isolate);
    try {
      return await this.takeMade(() => isolate);
    } finally {
      this.#refillSoon(memoryMb);
    }
  }

  /**
   * Waits for one that is made for whoever takes it.
   * @throws {NanoError} when it ends before it has booted
   */
  async takeMade(make: () => Isolate): Promise<Isolate> {
    const isolate = make();
    this.#taken.add(isolate);
    const cancel = this.#tools.clock.after(TAKEN_BOOT_MS, () => {
      isolate.kill({ reason: "isolate_timeout", detail: `it did not boot within ${TAKEN_BOOT_MS} ms` });
    });
    try {
      await isolate.booted;
      return isolate;
    } finally {
      cancel();
      this.#taken.delete(isolate);
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const cancel of this.#refills.values()) cancel();
    for (const { spares, ordered } of this.#shelves.values()) {
      for (const place of ordered) place[Symbol.dispose]();
      for (const spare of spares.keys()) spare.kill({ reason: "terminated", detail: "the reserve was closed" });
    }
    for (const isolate of this.#taken) isolate.kill({ reason: "terminated", detail: "the reserve was closed" });
    this.#shelves.clear();
  }

  #shelf(memoryMb: number): Shelf<Isolate> {
    const known = this.#shelves.get(memoryMb);
    if (known !== undefined) return known;
    const shelf: Shelf<Isolate> = { wanted: 0, expected: 0, spares: new Map(), ordered: new Set() };
    this.#shelves.set(memoryMb, shelf);
    return shelf;
  }

  #refillSoon(memoryMb: number): void {
    if (this.#closed || this.#refills.has(memoryMb)) return;
    const cancel = this.#tools.clock.after(REFILL_AFTER_MS, () => {
      this.#refills.delete(memoryMb);
      this.#level(memoryMb);
    });
    this.#refills.set(memoryMb, cancel);
  }

  #level(memoryMb: number): void {
    const shelf = this.#shelf(memoryMb);
    const { spares, ordered } = shelf;
    const wanted = shelf.wanted + shelf.expected;
    for (const place of [...ordered].slice(Math.max(0, wanted - spares.size))) place[Symbol.dispose]();
    for (const spare of [...spares.keys()].slice(wanted)) {
      spares.delete(spare);
      spare.kill({ reason: "terminated", detail: "it is not needed in reserve" });
    }
    for (let count = spares.size + ordered.size; count < wanted; count++) this.#order(memoryMb);
  }

  async #order(memoryMb: number): Promise<void> {
    const shelf = this.#shelf(memoryMb);
    const { ordered, spares } = shelf;
    const place = this.#tools.admission.enter(null, "spare");
    if (place.isWaiting) {
      ordered.add(place);
      const isAdmitted = await place.admitted;
      ordered.delete(place);
      if (!isAdmitted) return;
    }
    if (this.#closed || spares.size >= shelf.wanted + shelf.expected) place[Symbol.dispose]();
    else this.#add(memoryMb, place);
  }

  #add(memoryMb: number, place: BootPlace): void {
    const { spares } = this.#shelf(memoryMb);
    const spare = this.#tools.spawn(memoryMb);
    const cancel = this.#tools.clock.after(BOOT_MS, () => {
      spare.kill({ reason: "isolate_timeout", detail: `it did not boot within ${BOOT_MS} ms` });
    });
    const leave = () => {
      cancel();
      place[Symbol.dispose]();
    };
    spares.set(spare, leave);
    spare.booted.then(leave, leave);
    spare.ended.then(() => spares.delete(spare));
  }
}
