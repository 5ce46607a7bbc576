/** Tells which isolates computed more than their part of the cores for a while; pure arithmetic on their CPU clocks. */

/** Debt at which an isolate steps back: half a second beyond its part is more than a burst of requests takes. */
export const STEP_BACK_MS = 500;
/** Debt is bounded, so that whoever stops computing is forgiven within five looks (it is halved in each). */
const MAX_DEBT_MS = 3_000;
/** Debt at which an isolate that stepped back is forgiven. */
const FORGIVEN_MS = 100;
/** Part of the time between two looks that counts as computing at all. */
const COMPUTING = 0.01;
/** Part of the cores that isolates may take before anybody is in debt: below it nobody waits for a core. */
const FREE_PART = 0.5;

interface Account {
  cpuMicros: number;
  debtMs: number;
  steppedBack: boolean;
}

/** Accounts of isolates, by a key of the caller's. */
export class CpuDebt<Key> {
  readonly #cores: number;
  readonly #accounts = new Map<Key, Account>();

  /** @param cores that the process may run on */
  constructor(cores: number) {
    this.#cores = cores;
  }

  /**
   * Looks at the clocks of all isolates that live; who is not named is forgotten.
   *
   * @param clocks CPU time of each isolate so far, in microseconds
   * @param elapsedMs since the look before
   * @returns who steps back or comes forward by this look
   */
  look(clocks: ReadonlyMap<Key, number>, elapsedMs: number): { readonly back: Key[]; readonly forward: Key[] } {
    for (const key of this.#accounts.keys()) if (!clocks.has(key)) this.#accounts.delete(key);
    const used = new Map<Key, number>();
    let computing = 0;
    let totalMs = 0;
    for (const [key, cpuMicros] of clocks) {
      const account = this.#accounts.get(key);
      if (account === undefined) {
        // What it took to boot was paid by nobody's neighbour for long.
        this.#accounts.set(key, { cpuMicros, debtMs: 0, steppedBack: false });
        continue;
      }
      const usedMs = (cpuMicros - account.cpuMicros) / 1000;
      account.cpuMicros = cpuMicros;
      used.set(key, usedMs);
      totalMs += usedMs;
      if (usedMs > COMPUTING * elapsedMs) computing++;
    }
    const freeMs = FREE_PART * this.#cores * elapsedMs;
    const partMs = totalMs <= freeMs ? Infinity : freeMs / computing;
    const back: Key[] = [];
    const forward: Key[] = [];
    for (const [key, usedMs] of used) {
      const account = this.#accounts.get(key)!;
      account.debtMs = usedMs > partMs ? Math.min(MAX_DEBT_MS, account.debtMs + usedMs - partMs) : account.debtMs / 2;
      if (!account.steppedBack && account.debtMs >= STEP_BACK_MS) {
        account.steppedBack = true;
        back.push(key);
      } else if (account.steppedBack && account.debtMs < FORGIVEN_MS) {
        account.steppedBack = false;
        forward.push(key);
      }
    }
    return { back, forward };
  }
}
