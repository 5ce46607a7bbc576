/**
 * Bounds on how much of a value `node:util` shows: Deno walks it in native code that no kill can stop, so a killed
 * isolate would go on for minutes and grow, at its neighbours' expense.
 */
// deno-lint-ignore-file no-explicit-any
import { behind } from "../../protocol/safe_lists.ts";
import { walkOf, walksMoreThan } from "../platform/walked_parts.ts";
import { apply, NativeRangeError } from "../../protocol/primordials.ts";

/** What node:util exports with a bound here. */
export const BOUNDED_INSPECT = ["inspect", "format", "formatWithOptions"];

/** Keys and values of one text: a second on a quiet machine, of data that make 6 MB of text. */
const MAX_PARTS = 250_000;

const { defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;

type Stylize = (text: string, style: string) => string;

function refuse(maxParts: number): never {
  throw new NativeRangeError(`Cannot show more than ${maxParts} keys and values`);
}

/**
 * A function that Deno calls for every key, and every value that is no object, and that ends its walk: nothing else
 * does.
 */
function counting(given: unknown, maxParts: number): Stylize {
  let parts = 0;
  return (text, style) => {
    if (++parts > maxParts) refuse(maxParts);
    return typeof given === "function" ? apply(given as Stylize, undefined, [text, style]) : text;
  };
}

/** The bounded functions. @param maxParts keys and values of one text */
export function boundInspect(native: Record<string, any>, maxParts = MAX_PARTS): Record<string, unknown> {
  const { inspect, formatWithOptions } = native;

  /** Options, read once, under which a walk is bounded. */
  function bounded(given: any): any {
    return { __proto__: null, ...given, stylize: counting(given?.stylize, maxParts) };
  }

  /** Calls `show` with bounded options; colours replace the function that counts, so they come with a second walk. */
  function shown(options: any, values: readonly unknown[], show: (options: any) => string): string {
    const { defaultOptions } = inspect;
    const depth = options.depth === undefined ? defaultOptions.depth : options.depth;
    const members = options.maxArrayLength === undefined ? defaultOptions.maxArrayLength : options.maxArrayLength;
    const walk = walkOf(values[0], depth ?? Infinity, members);
    const showHidden = walk.showHidden || (options.showHidden ?? defaultOptions.showHidden);
    if (walksMoreThan(maxParts, values, { ...walk, showHidden })) refuse(maxParts);
    const colors = options.colors ?? inspect.defaultOptions.colors;
    options.colors = false;
    const text = show(options);
    if (!colors) return text;
    options.colors = true;
    return show(options);
  }

  const made: Record<string, any> = {
    inspect(value: unknown, given: unknown) {
      const options = bounded(typeof given === "object" ? given : null);
      if (typeof given === "boolean") options.showHidden = given;
      // As it was before Node had options: showHidden, depth, colors.
      if (arguments[2] !== undefined) options.depth ??= arguments[2];
      if (arguments[3] !== undefined) options.colors ??= arguments[3];
      return shown(options, [value], (each) => inspect(value, each));
    },
    format(...parameters: unknown[]) {
      return shown(
        bounded(null),
        parameters,
        (each) => apply(formatWithOptions, undefined, behind(each, parameters)) as string,
      );
    },
    formatWithOptions(given: unknown, ...parameters: unknown[]) {
      // Its own error names what it was given.
      if (typeof given !== "object" || given === null) return formatWithOptions(given);
      return shown(
        bounded(given),
        parameters,
        (each) => apply(formatWithOptions, undefined, behind(each, parameters)) as string,
      );
    },
  };
  const names = ownKeys(inspect);
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    if (name === "length" || name === "name" || name === "prototype") continue;
    defineProperty(made.inspect, name, getOwnPropertyDescriptor(inspect, name)!);
  }
  return made;
}
