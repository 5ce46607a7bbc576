/** Conditions and ranges of R2, as they are held against an object. */

/** An entity tag that is asked for: any, or one; a weak one never matches strongly. */
export type R2Etag = "*" | { readonly value: string; readonly weak: boolean };

/** What has to hold for a call to happen; times are ms since the epoch. */
export interface R2Condition {
  readonly matches?: readonly R2Etag[];
  readonly differs?: readonly R2Etag[];
  readonly before?: number;
  readonly after?: number;
  /** Compares times as HTTP does, whose times are whole seconds. */
  readonly inSeconds?: boolean;
}

/** Bytes that are asked for. */
export type R2Range =
  | { readonly offset?: number; readonly length?: number }
  | { readonly suffix: number }
  /** The value of a Range header. */
  | { readonly header: string };

/** Bytes of an object. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** Whether a condition holds: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2, with uploads for modifications. */
export function conditionHolds(
  { matches, differs, before, after, inSeconds }: R2Condition,
  object: { readonly etag: string; readonly uploaded: number } | undefined,
): boolean {
  // What does not exist has no tag to match, and was uploaded after nothing.
  if (object === undefined) return matches === undefined && after === undefined;
  const timeOf = (ms: number) => inSeconds ? Math.floor(ms / 1000) : ms;
  const uploaded = timeOf(object.uploaded);
  const isMatched = matches === undefined ||
    matches.some((tag) => tag === "*" || (!tag.weak && tag.value === object.etag));
  const isDifferent = differs === undefined || !differs.some((tag) => tag === "*" || tag.value === object.etag);
  // Tags win over times where there are both.
  const isLater = after === undefined || timeOf(after) < uploaded || (differs !== undefined && isDifferent);
  const isEarlier = before === undefined || uploaded < timeOf(before) || (matches !== undefined && isMatched);
  return isMatched && isDifferent && isLater && isEarlier;
}

/** @returns which bytes of `size` a range names, or null when there are none such */
export function extentOf(range: R2Range | null, size: number): Extent | null {
  if (range === null) return { offset: 0, length: size };
  if ("header" in range) return headerExtent(range.header, size);
  if ("suffix" in range) {
    if (range.suffix <= 0) return null;
    const length = Math.min(range.suffix, size);
    return { offset: size - length, length };
  }
  const { offset = 0, length = size - offset } = range;
  if (offset > size || length <= 0) return null;
  return { offset, length: Math.min(length, size - offset) };
}

/** A header that names no single range of this object counts as none, as in R2. */
function headerExtent(header: string, size: number): Extent {
  const whole = { offset: 0, length: size };
  const match = /^ *bytes *= *(\d*) *- *(\d*) *$/i.exec(header);
  if (match === null) return whole;
  const [first, last] = [match[1]!, match[2]!];
  if (first === "") {
    const suffix = Math.min(Number(last), size);
    return last === "" || suffix === 0 ? whole : { offset: size - suffix, length: suffix };
  }
  const offset = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return offset >= size || end < offset ? whole : { offset, length: end - offset + 1 };
}
