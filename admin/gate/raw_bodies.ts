/** Which requests have a body of their own kind: bytes that the route reads, or more JSON than usual. */

/** How a body is read: as JSON up to so many bytes, or by the route itself, which has a bound of its own. */
export type BodyBound = "route" | number;

/** A JSON body or a form is never longer, unless a row of the table says so. */
export const USUAL_BODY_BYTES = 1024 * 1024;
/** Entries of a bulk: one value of 25 MiB as base64, and its key. */
const BULK_BYTES = 40 * 1024 * 1024;

const KINDS: readonly (readonly [method: string, path: RegExp, kind: BodyBound])[] = [
  ["POST", /^\/admin\/apps\/[^/]+\/versions$/, "route"],
  ["PUT", /^\/admin\/kv\/[^/]+\/values\/[^/]+$/, "route"],
  ["POST", /^\/admin\/restore$/, "route"],
  ["PUT", /^\/admin\/r2\/[^/]+\/objects\/[^/]+$/, "route"],
  ["POST", /^\/admin\/d1\/[^/]+\/import$/, "route"],
  ["POST", /^\/admin\/d1\/[^/]+\/(?:query|migrations|migrations\/pending)$/, BULK_BYTES],
  ["PUT", /^\/admin\/kv\/[^/]+\/bulk$/, BULK_BYTES],
  ["POST", /^\/admin\/kv\/[^/]+\/bulk\/(?:get|delete)$/, BULK_BYTES],
];

/** The kind of a request's body. */
export function bodyKind(method: string, path: string): BodyBound {
  return KINDS.find(([own, pattern]) => own === method && pattern.test(path))?.[2] ?? USUAL_BODY_BYTES;
}
