/** What a rate limiter does: counts the calls of each key within a period. */
import { createHash } from "node:crypto";
import { type BindingCall, BindingError, type BindingHost, type CallAnswer } from "../../protocol/binding_call.ts";

/** Keys counted in one period; the one that came first makes room for the next. */
const MAX_KEYS = 100_000;
/** Longer keys are counted by their digest: a hundred thousand of them are held. */
const PLAIN_CHARS = 64;
/** A longer key is no key of a client or a path; at that many the limiter would hold too much. */
const MAX_KEY_CHARS = 512;

/** How it counts. */
export interface RateLimitTools {
  /** Calls of a key that succeed within a period. */
  readonly limit: number;
  readonly periodSeconds: number;
  /** A monotonic reading, ms. */
  readonly now: () => number;
}

/** One app's limiter. It counts in memory: an app that is deployed anew begins anew. */
export class RateLimitHost implements BindingHost {
  readonly methods = ["limit"];
  readonly #tools: RateLimitTools;
  readonly #counts = new Map<string, number>();
  /**
   * Keys in the order in which they came, a ring once there are {@linkcode MAX_KEYS}: the first of such a Map stands behind
   * the places of all that have gone, and is found in 98 µs.
   */
  #keys: string[] = [];
  #oldest = 0;
  #period = -1;

  constructor(tools: RateLimitTools) {
    this.#tools = tools;
  }

  /** Answers `limit`, and no other method. */
  // deno-lint-ignore require-await -- what it throws is what the call comes to
  async call({ method, args: [given] }: BindingCall): Promise<CallAnswer> {
    if (method !== "limit") throw new BindingError(`Cannot call "${method}" of a rate limiter`, { name: "TypeError" });
    if (typeof given !== "string" || given.length > MAX_KEY_CHARS) {
      throw new BindingError(`Cannot limit: the key has to be a text of at most ${MAX_KEY_CHARS} characters`, {
        name: "TypeError",
      });
    }
    const key = given.length > PLAIN_CHARS ? digestOf(given) : given;
    const { limit, periodSeconds, now } = this.#tools;
    const period = Math.floor(now() / 1000 / periodSeconds);
    if (period !== this.#period) this.#forgetAll();
    this.#period = period;
    const count = (this.#counts.get(key) ?? 0) + 1;
    // What is refused is not counted: it would only make the number longer.
    if (count > limit) return { values: [false], body: null };
    if (count === 1) this.#makeRoom(key);
    this.#counts.set(key, count);
    return { values: [true], body: null };
  }

  [Symbol.dispose](): void {
    this.#forgetAll();
  }

  #makeRoom(key: string): void {
    if (this.#keys.length < MAX_KEYS) return void this.#keys.push(key);
    this.#counts.delete(this.#keys[this.#oldest]!);
    this.#keys[this.#oldest] = key;
    this.#oldest = (this.#oldest + 1) % MAX_KEYS;
  }

  #forgetAll(): void {
    this.#counts.clear();
    this.#keys = [];
    this.#oldest = 0;
  }
}

/** Of another length than any key that stands for itself; UTF-16, as the key's own comparison. */
function digestOf(key: string): string {
  return `${createHash("sha256").update(key, "utf16le").digest("hex")}+`;
}
