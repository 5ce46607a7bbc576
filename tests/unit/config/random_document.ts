/** Random values and documents from a seed, so that a failure can be repeated. */

/** Repeatable random choices. */
export interface Random {
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number;
  pick<T>(choices: readonly T[]): T;
}

/** Random choices from a seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { below, pick: (choices) => choices[below(choices.length)]! };
}

const KEYS = [
  ..."$schema hostname port tls admin state_dir drain_timeout_ms max_memory_mb spare_isolates trusted_proxies default_app log defaults apps"
    .split(
      " ",
    ),
  ..."name path env memory_mb external_mb cpu_ms max_queue isolation compat run ffi streams assets outbound node_compat start crons"
    .split(" "),
  ..."cert key token level format from_env from_file schedule".split(" "),
  ..."__proto__ constructor toString length 0 hasOwnProperty ASSETS a-b".split(" "),
  "",
];

const SCALARS = [
  ...[null, true, false, 0, -0, 1, -1, 80, 64, 1.5, 1e300, 2 ** 53, NaN, Infinity],
  ..."a|b|app|*.a|[::1]|10.0.0.0/8|* * * * *|public|native|info|PATH|\u0000|\ud800|é|/dev/zero|../..|".split("|"),
  "x".repeat(5000),
];

/** A value of any shape, up to a depth, made of the keys and values that nano.json knows and of others. */
export function randomValue(random: Random, depth: number): unknown {
  const kind = depth === 0 ? 0 : random.below(4);
  if (kind < 2) return random.pick(SCALARS);
  if (kind === 2) return Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1));
  const object: Record<string, unknown> = {};
  for (let keys = random.below(6); keys > 0; keys--) {
    // As JSON.parse does it, "__proto__" included.
    Object.defineProperty(object, random.pick(KEYS), {
      value: randomValue(random, depth - 1),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}

/** A document with one to three places of a right one replaced by random values. */
export function damaged(random: Random, right: unknown): unknown {
  const document = structuredClone(right);
  for (let edits = random.below(3); edits >= 0; edits--) {
    let at = document as Record<string, unknown>;
    for (;;) {
      const keys = Object.keys(at);
      const key = keys.length === 0 || random.below(8) === 0 ? random.pick(KEYS) : random.pick(keys);
      const inner = Object.hasOwn(at, key) ? at[key] : undefined;
      if (typeof inner === "object" && inner !== null && random.below(3) > 0) {
        at = inner as Record<string, unknown>;
        continue;
      }
      // A list has no other keys than its places, so a length would only be refused by the language.
      if (!Array.isArray(at) || /^\d$/.test(key)) at[key] = randomValue(random, 3);
      break;
    }
  }
  return document;
}
