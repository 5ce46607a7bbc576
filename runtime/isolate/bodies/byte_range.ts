/** A Range header for one body: RFC 9110, 14. */

const { exec } = RegExp.prototype;
const { apply } = Reflect;
const { min } = Math;
const NativeNumber = Number;
/** One range of bytes; several would need a multipart answer, which nobody has to give. */
const SINGLE = /^[\t ]*bytes[\t ]*=[\t ]*(\d{0,15})[\t ]*-[\t ]*(\d{0,15})[\t ]*$/i;

/** Bytes of a body, the last one included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * What a Range header asks of a body.
 * @returns "ignored" when it is malformed, of another unit or of several ranges; "unsatisfiable" when no byte is in it
 */
export function byteRangeOf(header: string, size: number): ByteRange | "ignored" | "unsatisfiable" {
  const found = apply(exec, SINGLE, [header]) as RegExpExecArray | null;
  if (found === null) return "ignored";
  const from = found[1]!;
  const to = found[2]!;
  if (from === "") {
    if (to === "") return "ignored";
    const wanted = min(NativeNumber(to), size);
    return wanted === 0 ? "unsatisfiable" : { first: size - wanted, last: size - 1 };
  }
  const first = NativeNumber(from);
  if (to !== "" && NativeNumber(to) < first) return "ignored";
  if (first >= size) return "unsatisfiable";
  return { first, last: to === "" ? size - 1 : min(NativeNumber(to), size - 1) };
}
