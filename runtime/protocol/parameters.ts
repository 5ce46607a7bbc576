/** What an app gives to the methods of its bindings, taken as Workers take it. */
import { NativeNumber, NativeTypeError, stringToWellFormed, trunc } from "./primordials.ts";

const MAX_INT = 2_147_483_647;
const MIN_INT = -2_147_483_648;

/** Of which method it is, and what it ought to be. */
interface Parameter {
  readonly method: string;
  readonly owner: string;
  readonly type: string;
}

/** What a method throws that lacks a parameter, or is given another thing. @param place of it, from 1 on @param type as the message names it */
export function missingParameter(place: number, { method, owner, type }: Parameter): TypeError {
  return new NativeTypeError(
    `Failed to execute '${method}' on '${owner}': parameter ${place} is not of type '${type}'.`,
  );
}

/** As text that UTF-8 has. @throws {TypeError} for a symbol */
export function wellFormedText(value: unknown): string {
  return stringToWellFormed(`${value as string}`);
}

/** The whole part of a number, 0 for what is none. @throws {TypeError} for what 32 bits do not hold */
export function intOf(value: unknown): number {
  const number = trunc(NativeNumber(value));
  // NaN is unequal to itself.
  if (number !== number || number === Infinity || number === -Infinity) return 0;
  if (number < MIN_INT || number > MAX_INT) {
    throw new NativeTypeError(`Value out of range. Must be between ${MIN_INT} and ${MAX_INT} (inclusive).`);
  }
  return number;
}
