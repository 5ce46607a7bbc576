/** Links that sign a browser in once: for the person at the terminal, who started NANO and may read its token anyway. */

/** What {@linkcode SignInLinks} takes. */
export interface SignInLinksOptions {
  /** A clock, in milliseconds. Default: the monotonic one. */
  readonly now?: () => number;
}

/** Time to find the line in the terminal; NANO may have started in the background of something else. */
const LIFE_MS = 10 * 60_000;
/** Links that are open at once; more are never asked for. */
const MAX_LINKS = 16;
/** 256 bits: nobody guesses it. */
const KEY_BYTES = 32;

/** All links that were not used yet; a restart of NANO ends them. */
export class SignInLinks {
  readonly #expiresAt = new Map<string, number>();
  readonly #now: () => number;

  constructor(options: SignInLinksOptions = {}) {
    this.#now = options.now ?? (() => performance.now());
  }

  /** Makes the key of a link. */
  make(): string {
    const oldest = this.#expiresAt.keys().next().value;
    if (oldest !== undefined && this.#expiresAt.size >= MAX_LINKS) this.#expiresAt.delete(oldest);
    const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
    this.#expiresAt.set(key, this.#now() + LIFE_MS);
    return key;
  }

  /** Uses a key up. @returns whether it was one that opens */
  use(key: string): boolean {
    const expiresAt = this.#expiresAt.get(key);
    this.#expiresAt.delete(key);
    return expiresAt !== undefined && this.#now() < expiresAt;
  }
}
