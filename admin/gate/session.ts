/** The dashboard's sessions: who has logged in with the token, kept in memory only. */

/** One browser that has logged in. */
export interface Session {
  /** Value of the cookie. */
  readonly id: string;
  /** What every change must carry beside the cookie, as header `x-nano-csrf` or form field `csrf`. */
  readonly csrf: string;
}

/** What {@linkcode Sessions} takes. */
export interface SessionsOptions {
  /** A clock, in milliseconds. Default: the monotonic one. */
  readonly now?: () => number;
  /** How long a session lives without a request, in milliseconds. Default: 12 hours. */
  readonly idleMs?: number;
  /** Above it the session that was idle longest ends. Default: 1000. */
  readonly maxSessions?: number;
}

/** Name of the cookie. */
export const SESSION_COOKIE = "nano_session";

const IDLE_MS = 12 * 60 * 60 * 1000;
const MAX_SESSIONS = 1000;
/** 256 bits: nobody guesses it. */
const SECRET_BYTES = 32;

/** All sessions; a restart of NANO ends them. */
export class Sessions {
  /** The one that was idle longest first. */
  readonly #sessions = new Map<string, { readonly session: Session; usedAt: number }>();
  readonly #now: () => number;
  readonly #idleMs: number;
  readonly #maxSessions: number;

  constructor(options: SessionsOptions = {}) {
    this.#now = options.now ?? (() => performance.now());
    this.#idleMs = options.idleMs ?? IDLE_MS;
    this.#maxSessions = options.maxSessions ?? MAX_SESSIONS;
  }

  /** Begins a session. */
  open(): Session {
    this.#expire();
    const oldest = this.#sessions.keys().next().value;
    if (oldest !== undefined && this.#sessions.size >= this.#maxSessions) this.#sessions.delete(oldest);
    const session = { id: secret(), csrf: secret() };
    this.#sessions.set(session.id, { session, usedAt: this.#now() });
    return session;
  }

  /** The session of a cookie, whose idle time begins anew; null when it has ended or never was. */
  find(id: string): Session | null {
    this.#expire();
    const entry = this.#sessions.get(id);
    if (entry === undefined) return null;
    this.#sessions.delete(id);
    this.#sessions.set(id, { ...entry, usedAt: this.#now() });
    return entry.session;
  }

  /** Ends a session. */
  close(id: string): void {
    this.#sessions.delete(id);
  }

  /** How many are open. */
  get size(): number {
    this.#expire();
    return this.#sessions.size;
  }

  /** The map is in the order of use, so only the ended ones are looked at. */
  #expire(): void {
    const limit = this.#now() - this.#idleMs;
    for (const [id, { usedAt }] of this.#sessions) {
      if (usedAt > limit) return;
      this.#sessions.delete(id);
    }
  }
}

function secret(): string {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toBase64({ alphabet: "base64url", omitPadding: true });
}
