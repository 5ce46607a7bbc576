/** Counts wrong tokens by the address they come from: each once, as only another one is another guess. */

/** What {@linkcode FailedAttempts} takes. */
export interface FailedAttemptsOptions {
  /** A clock, in milliseconds. Default: the monotonic one. */
  readonly now?: () => number;
  /** So many different wrong tokens an address may send within the window. Default: 10. */
  readonly limit?: number;
  /** In milliseconds. Default: one minute. */
  readonly windowMs?: number;
  /** Above it the address that began first is forgotten. Default: 10,000. */
  readonly maxAddresses?: number;
  /** Told once a window of an address that goes beyond the limit. */
  readonly onLimit?: (address: string) => void;
}

interface Attempts {
  /** Those that were within the limit. */
  readonly tokens: Set<string>;
  readonly endsAt: number;
  /** Whether the address was told of. */
  told: boolean;
}

const LIMIT = 10;
const WINDOW_MS = 60_000;
const MAX_ADDRESSES = 10_000;

/**
 * The wrong tokens of the last minute.
 *
 * A script that holds an old token sends the same one again and again: it learns nothing by that, and is told each time
 * what is wrong instead of a limit that hides it.
 *
 * Only wrong tokens are ever refused with it: behind a proxy everybody has one address, and a limit that also refused
 * the right token would let any stranger lock the operator out. Guessing is hopeless anyway with a generated token of
 * 256 bits; the limit keeps the noise down and tells who tries.
 */
export class FailedAttempts {
  readonly #attempts = new Map<string, Attempts>();
  readonly #now: () => number;
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #maxAddresses: number;
  readonly #onLimit: (address: string) => void;

  constructor(options: FailedAttemptsOptions = {}) {
    this.#now = options.now ?? (() => performance.now());
    this.#limit = options.limit ?? LIMIT;
    this.#windowMs = options.windowMs ?? WINDOW_MS;
    this.#maxAddresses = options.maxAddresses ?? MAX_ADDRESSES;
    this.#onLimit = options.onLimit ?? (() => {});
  }

  /**
   * Counts a wrong token.
   * @param token or a digest of it
   * @returns seconds until the address may be wrong again, or 0 while it is within the limit
   */
  add(address: string, token: string): number {
    const now = this.#now();
    this.#forget(now);
    let entry = this.#attempts.get(address);
    if (entry === undefined) {
      const oldest = this.#attempts.keys().next().value;
      if (oldest !== undefined && this.#attempts.size >= this.#maxAddresses) this.#attempts.delete(oldest);
      entry = { tokens: new Set(), endsAt: now + this.#windowMs, told: false };
      this.#attempts.set(address, entry);
    }
    if (entry.tokens.has(token)) return 0;
    if (entry.tokens.size < this.#limit) {
      entry.tokens.add(token);
      return 0;
    }
    if (!entry.told) this.#onLimit(address);
    entry.told = true;
    return Math.max(1, Math.ceil((entry.endsAt - now) / 1000));
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#attempts.size;
  }

  /** All windows are equally long, so the map is in the order of their ends. */
  #forget(now: number): void {
    for (const [address, { endsAt }] of this.#attempts) {
      if (endsAt > now) return;
      this.#attempts.delete(address);
    }
  }
}
