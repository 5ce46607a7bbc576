/** Keeps account of memory that the process has and no isolate reports: whose it is, as far as that can be told. */

/** Unreported memory that is tolerated beyond an isolate's own allowance: code, stacks, what the allocator keeps. */
const SLACK_BYTES = 256 * 1024 * 1024;
/** More of it for each isolate that lives: the allocator keeps some of what each of them once had. */
const SLACK_PER_ISOLATE_BYTES = 1024 * 1024;
/** What the boot of an isolate may cost until its first report. */
const BOOT_BYTES = 24 * 1024 * 1024;
/** Where the system does not count who touched memory: part of the CPU that leaves no doubt whose the growth is. */
const CLEAR_PART = 0.9;
/** Nobody writes faster than this a microsecond of CPU (10 GB/s). */
const WRITTEN_BYTES_PER_CPU_MICRO = 10 * 1024;

/** An isolate at a look. */
export interface AccountFigures {
  readonly number: number;
  readonly cpuMicros: number;
  /** Memory that its thread touched first so far; null where that cannot be had. */
  readonly touchedBytes: number | null;
  /** What it may still hold outside its heap. */
  readonly roomBytes: number;
}

/** What a look comes to. */
export interface UnexplainedFinding {
  /** Who holds too much, and how much. */
  readonly guilty: { readonly number: number; readonly bytes: number } | null;
  /** All that no isolate reports, as far as it grew since the start. */
  readonly unexplainedBytes: number;
  /** Set once when much of it cannot be told apart. */
  readonly ownerlessBytes: number | null;
}

interface Account {
  cpuMicros: number;
  touchedBytes: number | null;
  chargedBytes: number;
}

/** The accounts of all isolates of a process. */
export class UnexplainedMemory {
  readonly #accounts = new Map<number, Account>();
  #lastRest: number | null = null;
  /** Grown while nobody could be told from the others; nobody is ended for it. */
  #ownerless = 0;
  /** Charged to isolates that have ended since, and not yet given back. */
  #leaving = 0;
  #warnAbove = 0;

  /** An isolate has ended. */
  ended(number: number): void {
    this.#leaving += this.#accounts.get(number)?.chargedBytes ?? 0;
    this.#accounts.delete(number);
  }

  /** What is charged to an isolate. */
  chargedTo(number: number): number {
    return this.#accounts.get(number)?.chargedBytes ?? 0;
  }

  /**
   * Compares with the look before; only what changed since is anybody's.
   *
   * @param restBytes the process' memory without what isolates report and what each costs at least
   * @param isolates everyone who lives
   */
  look(restBytes: number, isolates: readonly AccountFigures[]): UnexplainedFinding {
    const known = isolates.filter(({ number }) => this.#accounts.has(number));
    const changed = restBytes - (this.#lastRest ?? restBytes);
    this.#lastRest = restBytes;
    const booted = isolates.length - known.length;
    if (changed > 0) this.#charge(Math.max(0, changed - booted * BOOT_BYTES), known);
    else this.#release(-changed, known);
    for (const { number, cpuMicros, touchedBytes } of isolates) {
      const account = this.#accounts.get(number);
      if (account === undefined) this.#accounts.set(number, { cpuMicros, touchedBytes, chargedBytes: 0 });
      else Object.assign(account, { cpuMicros, touchedBytes: touchedBytes ?? account.touchedBytes });
    }
    const slack = SLACK_BYTES + SLACK_PER_ISOLATE_BYTES * isolates.length;
    let guilty: UnexplainedFinding["guilty"] = null;
    let unexplainedBytes = this.#ownerless + this.#leaving;
    for (const { number, roomBytes } of isolates) {
      const bytes = this.chargedTo(number);
      unexplainedBytes += bytes;
      if (bytes > roomBytes + slack && bytes > (guilty?.bytes ?? 0)) guilty = { number, bytes };
    }
    return { guilty, unexplainedBytes, ownerlessBytes: this.#toWarnOf(slack) };
  }

  #toWarnOf(slack: number): number | null {
    if (this.#ownerless < slack / 2) this.#warnAbove = slack;
    if (this.#ownerless <= Math.max(slack, this.#warnAbove)) return null;
    this.#warnAbove = 2 * this.#ownerless;
    return this.#ownerless;
  }

  /** Nobody is charged more than the memory that it touched first itself. */
  #charge(bytes: number, known: readonly AccountFigures[]): void {
    const touched = this.#touchedSince(known);
    const total = sum(touched);
    let charged = 0;
    known.forEach(({ number }, index) => {
      if (total === 0) return;
      const part = Math.min(touched[index]!, bytes * touched[index]! / total);
      this.#accounts.get(number)!.chargedBytes += part;
      charged += part;
    });
    this.#ownerless += bytes - charged;
  }

  /**
   * What was given back was most likely held by who is gone, then by who was active: else the noise of a busy neighbour
   * would wear down the account of one that sits still on what it took.
   */
  #release(bytes: number, known: readonly AccountFigures[]): void {
    let left = bytes;
    const take = (held: number): number => {
      const taken = Math.min(held, left);
      left -= taken;
      return held - taken;
    };
    this.#leaving = take(this.#leaving);
    const active = known
      .map(({ number, cpuMicros }) =>
        this.#accounts.get(number)!.cpuMicros < cpuMicros ? this.#accounts.get(number)! : null
      )
      .filter((account) => account !== null);
    this.#releaseByPart(active, take, left);
    this.#ownerless = take(this.#ownerless);
    this.#releaseByPart([...this.#accounts.values()], take, left);
  }

  #releaseByPart(accounts: readonly Account[], take: (held: number) => number, bytes: number): void {
    const total = sum(accounts.map(({ chargedBytes }) => chargedBytes));
    if (total === 0) return;
    const part = Math.min(1, bytes / total);
    for (const account of accounts) {
      const given = account.chargedBytes * part;
      account.chargedBytes -= given;
      take(given);
    }
  }

  /** Memory that each touched first since the look before; by CPU, and only beyond doubt, where the system does not tell. */
  #touchedSince(known: readonly AccountFigures[]): number[] {
    const since = known.map(({ number, touchedBytes, cpuMicros }) => {
      const before = this.#accounts.get(number)!;
      const touched = touchedBytes === null || before.touchedBytes === null
        ? null
        : Math.max(0, touchedBytes - before.touchedBytes);
      return { touched, cpuMicros: Math.max(0, cpuMicros - before.cpuMicros) };
    });
    if (since.every(({ touched }) => touched !== null)) return since.map(({ touched }) => touched!);
    const total = sum(since.map(({ cpuMicros }) => cpuMicros));
    return since.map(({ cpuMicros }) =>
      total > 0 && cpuMicros >= CLEAR_PART * total ? cpuMicros * WRITTEN_BYTES_PER_CPU_MICRO : 0
    );
  }
}

function sum(of: readonly number[]): number {
  return of.reduce((total, one) => total + one, 0);
}
