/** Headers as one string that is only taken apart when somebody looks: `name\nvalue\n…`. */
import {
  headersForEach,
  isArray,
  NativeHeaders,
  NativeNumber,
  regExpExec,
  stringIndexOf,
  stringSlice,
  stringToLowerCase,
} from "./primordials.ts";
import { arrayPush, listOf } from "./safe_lists.ts";

/** Header names and values in order, repeated names included. */
export type HeaderList = [string, string][];

/** Joins a header list; neither names nor values can hold a line feed in HTTP. */
export function joinHeaders(list: Iterable<readonly [string, string]>): string {
  let block = "";
  if (list instanceof NativeHeaders) {
    headersForEach(list, (value, name) => void (block += name + "\n" + value + "\n"));
    return block;
  }
  const pairs = isArray(list) ? list as readonly (readonly [string, string])[] : listOf(list);
  for (let at = 0; at < pairs.length; at++) block += pairs[at]![0] + "\n" + pairs[at]![1] + "\n";
  return block;
}

/** Takes a header block apart. */
export function splitHeaders(block: string): HeaderList {
  const list: HeaderList = [];
  let at = 0;
  while (at < block.length) {
    const endOfName = stringIndexOf(block, "\n", at);
    const endOfValue = stringIndexOf(block, "\n", endOfName + 1);
    if (endOfName < 0 || endOfValue < 0) break;
    arrayPush(list, [stringSlice(block, at, endOfName), stringSlice(block, endOfName + 1, endOfValue)]);
    at = endOfValue + 1;
  }
  return list;
}

const DIGITS = /^\d{1,15}$/;

/**
 * Bytes of a body by its Content-Length, or null when there is none.
 * @param isDecoded whether codings of the body were undone, so that the header tells of other bytes
 */
export function lengthFrom(list: HeaderList, isDecoded: boolean): number | null {
  let length: number | null = null;
  for (let at = 0; at < list.length; at++) {
    const name = stringToLowerCase(list[at]![0]);
    if (isDecoded && name === "content-encoding") return null;
    if (name === "content-length" && regExpExec(DIGITS, list[at]![1]) !== null) length = NativeNumber(list[at]![1]);
  }
  return length;
}
