/** The text of what is logged, of so many parts at most: Deno walks a value in native code that no kill can stop. */
import { formatWithOptions } from "node:util";
import { bare } from "../../protocol/bare.ts";
import { apply, NativeRangeError } from "../../protocol/primordials.ts";
import { behind } from "../../protocol/safe_lists.ts";
import { walkOf, walksMoreThan } from "./walked_parts.ts";

/** Keys and values that one text shows: 0.4 s on a quiet machine, and a line is cut long before (console.ts). */
const MAX_PARTS = 100_000;
/** How deep is looked, one after the other, until the parts are few enough: Node's own depth, names of objects last. */
const DEPTHS: readonly (number | null)[] = [null, 0, -1];
/** Even the names of the objects are too many. */
const TOO_LARGE = "[too large to be shown]";

/** Formats as Node's `format` does, without colours. @param maxParts keys and values at most */
export function boundedFormat(parameters: readonly unknown[], maxParts = MAX_PARTS): string {
  for (let at = 0; at < DEPTHS.length; at++) {
    const depth = DEPTHS[at]!;
    let parts = 0;
    // The one call that Deno makes for every key and every value that is no object. A kill goes unheard even here: only
    // an error ends the walk.
    const stylize = (text: string) => {
      if (++parts > maxParts) throw new NativeRangeError(`Cannot show more than ${maxParts} parts`);
      return text;
    };
    if (walksMoreThan(maxParts, parameters, walkOf(parameters[0], depth))) continue;
    const options = depth === null ? bare({ colors: false, stylize }) : bare({ colors: false, stylize, depth });
    try {
      return apply(formatWithOptions, undefined, behind(options, parameters)) as string;
    } catch (error) {
      if (parts <= maxParts) throw error;
    }
  }
  return TOO_LARGE;
}
