/** The kinds of value that keys of nano.json take, each with the sentence that tells what would be right. */
import { z } from "zod";
import { normalizeCidr } from "./cidr.ts";
import { hasPort, normalizeHostname, normalizeHostPattern, normalizeOutbound } from "./hostnames.ts";
import { nearestKey } from "./nearest_key.ts";

/** A whole number of a unit within bounds (both included). */
export function whole(unit: string, min: number, max: number): z.ZodInt {
  const expected = `expected a whole number${unit && ` of ${unit}`} from ${min} to ${max}`;
  return z.int(expected).min(min, expected).max(max, expected);
}

/** A port; 0 lets the system pick a free one. */
export function port(): z.ZodInt {
  return whole("", 0, 65_535);
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, `expected one of ${words.map((word) => JSON.stringify(word)).join(", ")}`);
}

/** Text with at least one character and no NUL, which neither a path nor an environment can hold. */
export function text(what: string): z.ZodString {
  const expected = `expected ${what}`;
  // deno-lint-ignore no-control-regex
  return z.string(expected).min(1, expected).regex(/^[^\u0000]*$/, expected);
}

/** A host that a listener binds to: an address or a name, without a port. */
export function listenHost() {
  const expected = 'expected an address or a host name without a port, such as "127.0.0.1", "::" or "localhost"';
  return z.string(expected).refine((host) => !hasPort(host) && normalizeHostname(host) !== null, expected);
}

/** A host that an app is reached by; case, port and trailing dot do not count. */
export function appHost() {
  const expected = 'expected a host such as "example.com", or "*.example.com" for every host below it';
  return z.string(expected).refine((host) => normalizeHostPattern(host) !== null, expected);
}

/** A host that an app may connect to. */
export function outboundHost() {
  const expected = 'expected a host such as "api.example.com" or "*.example.com", with a port if only that is meant: ' +
    '"db.internal:5432"';
  return z.string(expected).refine((host) => normalizeOutbound(host) !== null, expected);
}

/** An address range. */
export function cidr() {
  const expected = 'expected an address range such as "10.0.0.0/8" or "fd00::/8"';
  return z.string(expected).refine((range) => normalizeCidr(range) !== null, expected);
}

/**
 * An object with exactly these keys; an unknown one is answered with the known key that was probably meant.
 *
 * The message of unknown keys has one line a key, in their order.
 */
export function section<T extends z.ZodRawShape>(shape: T, what: string, elsewhere: readonly string[] = []) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => unknownKeyRemedy(key, known, elsewhere)).join("\n")
        : `expected ${what}`,
  });
}

function unknownKeyRemedy(key: string, known: readonly string[], elsewhere: readonly string[]): string {
  if (elsewhere.includes(key)) return `it belongs into an app, or into "defaults" for all apps`;
  const nearest = nearestKey(key, known);
  if (nearest !== null) return `did you mean "${nearest}"?`;
  return `expected one of ${known.join(", ")}`;
}
