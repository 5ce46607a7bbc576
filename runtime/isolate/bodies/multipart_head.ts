/** The head of one part of a form: its name, its filename, its type. */
import { matches } from "../../protocol/primordials.ts";
import { decodeParts } from "./byte_parts.ts";
import { trimBlanks } from "./kept_texts.ts";

const { apply } = Reflect;
const { indexOf, slice, toLowerCase } = String.prototype;
const NativeTypeError = TypeError;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BEYOND_ASCII = /[^\t\x20-\x7f]/;

/** What the head of a part says. */
export interface PartHead {
  readonly name: string;
  /** Null for a text field. */
  readonly filename: string | null;
  readonly type: string;
}

const find = (text: string, what: string, from: number) => apply(indexOf, text, [what, from]) as number;
const cut = (text: string, from: number, to?: number) => apply(slice, text, [from, to]) as string;
const lower = (text: string) => apply(toLowerCase, text, []) as string;
const trim = (text: string) => trimBlanks(text, "\t ");
const isToken = (text: string) => matches(TOKEN, text);

/**
 * Reads the header lines of a part.
 * @param bytes without the empty line at their end
 * @throws {TypeError} when they are no headers, or name no field of a form
 */
export function parsePartHead(bytes: Uint8Array<ArrayBuffer>): PartHead {
  const text = decodeParts([bytes], true);
  let disposition: string | null = null;
  let type: string | null = null;
  for (let at = 0; at < text.length;) {
    const found = find(text, "\r\n", at);
    const end = found < 0 ? text.length : found;
    const line = cut(text, at, end);
    at = end + 2;
    const colon = find(line, ":", 0);
    const name = colon < 0 ? "" : lower(cut(line, 0, colon));
    if (!isToken(name)) throw malformed("a header line has no name");
    const value = trim(cut(line, colon + 1));
    if (name === "content-disposition") disposition = value;
    else if (name === "content-type") type = value;
  }
  if (disposition === null) throw malformed("a part has no Content-Disposition");
  const { name, filename } = parseDisposition(disposition);
  const isPlain = type !== null && !matches(BEYOND_ASCII, type);
  return { name, filename, type: type === null ? "text/plain" : isPlain ? type : "" };
}

/** `form-data; name="a"; filename="b; c=d.pdf"` */
function parseDisposition(value: string): { name: string; filename: string | null } {
  let name: string | null = null;
  let filename: string | null = null;
  let at = find(value, ";", 0);
  const kind = at < 0 ? value : cut(value, 0, at);
  if (lower(trim(kind)) !== "form-data") throw malformed('a part is no "form-data"');
  while (at >= 0 && at < value.length) {
    const equals = find(value, "=", at + 1);
    // A semicolon at the end names nothing.
    if (equals < 0) {
      if (trim(cut(value, at + 1)) === "") break;
      throw malformed("a parameter of a Content-Disposition has no value");
    }
    const key = lower(trim(cut(value, at + 1, equals)));
    if (!isToken(key)) throw malformed("a parameter of a Content-Disposition has no name");
    const read = readParameter(value, equals + 1);
    at = read.end;
    if (key === "name" && name === null) name = read.value;
    else if (key === "filename" && filename === null) filename = read.value;
  }
  if (name === null) throw malformed("a part has no name");
  return { name, filename };
}

/** A quoted text or a token; `end` is the semicolon behind it or the end. */
function readParameter(text: string, from: number): { value: string; end: number } {
  let start = from;
  while (text[start] === " " || text[start] === "\t") start++;
  if (text[start] !== '"') {
    const found = find(text, ";", start);
    const end = found < 0 ? text.length : found;
    return { value: trim(cut(text, start, end)), end };
  }
  for (let quote = find(text, '"', start + 1); quote >= 0; quote = find(text, '"', quote + 1)) {
    let end = quote + 1;
    while (text[end] === " " || text[end] === "\t") end++;
    if (end >= text.length || text[end] === ";") return { value: unescaped(cut(text, start + 1, quote)), end };
    // Some clients write a quote inside as \", where browsers write %22.
    if (text[quote - 1] !== "\\") break;
  }
  throw malformed("a quoted text of a Content-Disposition does not end");
}

/** Browsers write three characters as percent escapes, and no others: https://html.spec.whatwg.org/#multipart-form-data */
function unescaped(text: string): string {
  let plain = "";
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\" && text[at + 1] === '"') continue;
    const escaped = text[at] === "%" ? characterOf(text[at + 1], text[at + 2]) : null;
    plain += escaped ?? text[at];
    if (escaped !== null) at += 2;
  }
  return plain;
}

function characterOf(first: string | undefined, second: string | undefined): string | null {
  if (first === "2") return second === "2" ? '"' : null;
  if (first !== "0") return null;
  if (second === "A" || second === "a") return "\n";
  return second === "D" || second === "d" ? "\r" : null;
}

/** The error of a form that cannot be read. */
export function malformed(why: string): TypeError {
  return new NativeTypeError(`Cannot read the body as a form: ${why}`);
}
