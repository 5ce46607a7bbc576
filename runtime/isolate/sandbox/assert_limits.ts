/**
 * Bounds on what `node:assert` says of two values that differ: it shows both as deep and as wide as they are, in native
 * code that no kill can stop.
 */
// deno-lint-ignore-file no-explicit-any
import { types } from "node:util";
import { walksMoreThan } from "../platform/walked_parts.ts";
import { bare } from "../../protocol/bare.ts";
import { apply, defineMember, defineProperty } from "../../protocol/primordials.ts";

/** What node:assert exports with a bound here. */
export const BOUNDED_ASSERTS: readonly string[] = [
  "equal",
  "notEqual",
  "strictEqual",
  "notStrictEqual",
  "deepEqual",
  "notDeepEqual",
  "deepStrictEqual",
  "notDeepStrictEqual",
  "partialDeepStrictEqual",
];

/** Objects of both values: what differs is found by comparing all lines with all, half a second on a quiet machine. */
const MAX_OBJECTS = 2_000;
/** As deep and as wide as Node shows them there. */
const WALK = { depth: 1000, maxArrayLength: null, showHidden: false };
const MESSAGE = "Values are not as expected, and too large to be shown";

const { isNativeError } = types;

/** The bounded functions. @param native what node:assert exports @param most objects of both values */
export function boundAsserts(native: any, most = MAX_OBJECTS): any {
  const bounded: any = {};
  for (let at = 0; at < BOUNDED_ASSERTS.length; at++) {
    const name = BOUNDED_ASSERTS[at]!;
    const check = native[name];
    if (typeof check !== "function") continue;
    // A method, so that it is no constructor.
    const { guarded } = {
      guarded(this: unknown, ...given: unknown[]): void {
        const actual = given[0];
        const expected = given[1];
        // With fewer it tells what is missing. An error is thrown as it is; beside a text both values are shown.
        const isTooLarge = given.length >= 2 && !isNativeError(given[2]) &&
          walksMoreThan(most, [actual, expected], WALK);
        apply(check, this, isTooLarge ? [actual, expected, failure(native, name, given[2])] : given);
      },
    };
    defineProperty(guarded, "name", bare({ value: check.name, configurable: true }));
    defineProperty(guarded, "length", bare({ value: check.length, configurable: true }));
    defineMember(bounded, name, guarded, true);
  }
  return bounded;
}

/** What is thrown if they are not as expected. @param said the app's own text, if it is one */
function failure(native: any, operator: string, said: unknown): Error {
  const error = new native.AssertionError(
    bare({ message: typeof said === "string" ? said : MESSAGE, operator: "fail" }),
  );
  defineMember(error, "operator", operator, true);
  return error;
}
