/**
 * A stand-in for `jsr:@std/assert`, over node:assert and node:util: same names and signatures, only what NANO uses.
 *
 * Stricter than the original in three points, so that a test that passes here passes there: `0` is not `-0`, an object
 * without a prototype is not a plain one, and errors are compared with their messages.
 *
 * @module
 */
import { AssertionError as NodeAssertionError } from "node:assert";
import { inspect, isDeepStrictEqual } from "node:util";

/** What every failed assertion throws. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

// deno-lint-ignore no-explicit-any -- the original's signature: any constructor, also an abstract one
type AnyConstructor = abstract new (...args: any[]) => any;
// deno-lint-ignore no-explicit-any -- as above
type ErrorConstructorOf<E extends Error> = abstract new (...args: any[]) => E;
/** The values that are false in a condition. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

function show(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: 100, maxStringLength: 2000 });
}

function raise(message: string, msg: string | undefined): never {
  throw new AssertionError(msg ? `${message}: ${msg}` : message);
}

/** Asserts that `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Asserts that `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Asserts deep equality. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  // node's error builds the difference line by line
  raise(new NodeAssertionError({ actual, expected, operator: "deepStrictEqual" }).message.trimEnd(), msg);
}

/** Asserts that two values are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (isDeepStrictEqual(actual, expected)) raise(`Expected actual: ${show(actual)} not to be: ${show(expected)}`, msg);
}

/** Asserts identity by `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  raise(`Values are not strictly equal: ${show(actual)} is not ${show(expected)}`, msg);
}

/** Asserts that two values are not identical by `Object.is`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) raise(`Expected "actual" to not be strictly equal to: ${show(actual)}`, msg);
}

/** Asserts that a value is neither null nor undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    raise(`Expected actual: "${actual}" to not be null or undefined`, msg);
  }
}

/** Asserts `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) raise(`Expect ${show(actual)} > ${show(expected)}`, msg);
}

/** Asserts `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) raise(`Expect ${show(actual)} >= ${show(expected)}`, msg);
}

/** Asserts `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) raise(`Expect ${show(actual)} < ${show(expected)}`, msg);
}

/** Asserts `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) raise(`Expect ${show(actual)} <= ${show(expected)}`, msg);
}

/** Asserts that two numbers differ by at most `tolerance`; the default is a ten-millionth of `expected`. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected) * 1e-7 : 1e-7);
  if (!(Math.abs(expected - actual) <= allowed)) {
    raise(`Expected actual: "${actual}" to be close to "${expected}": not within ${allowed}`, msg);
  }
}

/** Asserts that `actual` is an instance of the class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (!(actual instanceof expectedType)) {
    raise(`Expected object to be an instance of "${expectedType.name}" but was ${show(actual)}`, msg);
  }
}

/** Asserts that `error` is an Error, of a class and with a message when those are given. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorConstructorOf<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) raise(`Expected "error" to be an Error object, but was ${show(error)}`, msg);
  if (ErrorClass && !(error instanceof ErrorClass)) {
    raise(`Expected error to be instance of "${ErrorClass.name}", but was "${show(error)}"`, msg);
  }
  const matches = msgMatches === undefined ||
    (typeof msgMatches === "string" ? error.message.includes(msgMatches) : msgMatches.test(error.message));
  if (!matches) raise(`Expected error message to include ${show(msgMatches)}, but got ${show(error.message)}`, msg);
}

/** Asserts that a string matches an expression. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) raise(`Expected actual: ${show(actual)} to match: ${expected}`, msg);
}

/** Asserts that a string does not match an expression. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) raise(`Expected actual: ${show(actual)} to not match: ${expected}`, msg);
}

/** Asserts that a string contains another. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) raise(`Expected actual: ${show(actual)} to contain: ${show(expected)}`, msg);
}

/** Asserts that every one of `expected` is, by deep equality, in `actual`. */
export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void {
  const all = Array.from(actual);
  const missing = Array.from(expected).filter((one) => !all.some((other) => isDeepStrictEqual(one, other)));
  if (missing.length > 0) raise(`Expected actual: ${show(actual)} to include: missing ${show(missing)}`, msg);
}

/** `actual` reduced to the keys that `expected` names, at every depth. */
function restrict(actual: unknown, expected: unknown): unknown {
  if (typeof actual !== "object" || actual === null || typeof expected !== "object" || expected === null) return actual;
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.slice(0, expected.length).map((one, index) => restrict(one, expected[index]));
  }
  const plain = Object.getPrototypeOf(expected) === Object.prototype;
  if (!plain) return actual;
  const source = actual as Record<PropertyKey, unknown>;
  const wanted = expected as Record<PropertyKey, unknown>;
  return Object.fromEntries(
    Reflect.ownKeys(wanted).filter((key) => key in source).map((key) => [key, restrict(source[key], wanted[key])]),
  );
}

/** Asserts that `actual` has at least what `expected` names, at every depth. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- the original's signature
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals(restrict(actual, expected), expected, msg);
}

/** Fails. */
export function fail(msg?: string): never {
  throw new AssertionError(msg ? `Failed assertion: ${msg}` : "Failed assertion.");
}

/** Fails in code that must not be reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(msg ? `Unreachable: ${msg}` : "Unreachable.");
}

/** Sorts the overloads of assertThrows and assertRejects, and holds what was thrown against them. */
function checkThrown(
  thrown: { readonly value: unknown } | null,
  verb: "throw" | "reject",
  [first, includes, last]: readonly [unknown?, (string | undefined)?, (string | undefined)?],
): unknown {
  const msg = typeof first === "string" ? first : last;
  if (!thrown) raise(`Expected function to ${verb}`, msg);
  if (typeof first === "function") assertIsError(thrown.value, first as ErrorConstructorOf<Error>, includes, msg);
  return thrown.value;
}

/** Asserts that a function throws; with a class, an error of that class whose message includes a text. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorConstructorOf<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(fn: () => unknown, ...expected: [unknown?, string?, string?]): unknown {
  let thrown: { readonly value: unknown } | null = null;
  try {
    fn();
  } catch (value) {
    thrown = { value };
  }
  return checkThrown(thrown, "throw", expected);
}

/** Asserts that a function's promise rejects; a function that throws before it returns one fails the assertion. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorConstructorOf<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  ...expected: [unknown?, string?, string?]
): Promise<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError("Function throws when expected to reject", { cause: error });
  }
  let thrown: { readonly value: unknown } | null = null;
  try {
    await promise;
  } catch (value) {
    thrown = { value };
  }
  return checkThrown(thrown, "reject", expected);
}
