/** MIME types of header values: https://mimesniff.spec.whatwg.org/#parsing-a-mime-type */
import { matches } from "../../protocol/primordials.ts";
import { escapeEach, HTTP_BLANKS, trimBlanks } from "./kept_texts.ts";

const { apply } = Reflect;
const { indexOf, slice, toLowerCase } = String.prototype;
const { has, get, set, forEach } = Map.prototype;
const NativeMap = Map;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const QUOTABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A parsed type. */
export interface MimeType {
  /** Type and subtype in lower case. */
  readonly essence: string;
  /** By name in lower case. */
  readonly parameters: Map<string, string>;
}

const find = (text: string, what: string, from: number): number => {
  const at = apply(indexOf, text, [what, from]) as number;
  return at < 0 ? text.length : at;
};
const cut = (text: string, from: number, to: number) => apply(slice, text, [from, to]) as string;
const lower = (text: string) => apply(toLowerCase, text, []) as string;
const trimEnd = (text: string) => trimBlanks(text, HTTP_BLANKS, { keepStart: true });
const trim = (text: string) => trimBlanks(text, HTTP_BLANKS);

/** Parses one type; null when it is none. */
export function parseMimeType(given: string): MimeType | null {
  const input = trim(given);
  const slash = find(input, "/", 0);
  const type = cut(input, 0, slash);
  const end = find(input, ";", slash);
  const subtype = trimEnd(cut(input, slash + 1, end));
  if (!matches(TOKEN, type) || !matches(TOKEN, subtype)) return null;
  const parameters = new NativeMap<string, string>();
  for (let at = end + 1; at <= input.length;) {
    while (at < input.length && isBlank(input[at]!)) at++;
    const equals = find(input, "=", at);
    const semicolon = find(input, ";", at);
    if (equals >= semicolon) {
      at = semicolon + 1;
      continue;
    }
    const name = lower(cut(input, at, equals));
    let value: string;
    if (input[equals + 1] === '"') {
      const read = readQuoted(input, equals + 1);
      value = read.value;
      at = find(input, ";", read.end) + 1;
    } else {
      value = trimEnd(cut(input, equals + 1, semicolon));
      at = semicolon + 1;
      if (value === "") continue;
    }
    if (matches(TOKEN, name) && matches(QUOTABLE, value) && !apply(has, parameters, [name])) {
      apply(set, parameters, [name, value]);
    }
  }
  return { essence: `${lower(type)}/${lower(subtype)}`, parameters };
}

/** The type that a Content-Type header tells, which may have several values: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type */
export function extractMimeType(header: string | null): MimeType | null {
  if (header === null) return null;
  let charset: string | undefined;
  let found: MimeType | null = null;
  for (let at = 0; at <= header.length;) {
    const end = endOfValue(header, at);
    const parsed = parseMimeType(cut(header, at, end));
    at = end + 1;
    if (parsed === null || parsed.essence === "*/*") continue;
    if (parsed.essence !== found?.essence) charset = parameterOf(parsed, "charset");
    else if (charset !== undefined && parameterOf(parsed, "charset") === undefined) {
      apply(set, parsed.parameters, ["charset", charset]);
    }
    found = parsed;
  }
  return found;
}

/** A parameter's value. */
export function parameterOf(type: MimeType, name: string): string | undefined {
  return apply(get, type.parameters, [name]) as string | undefined;
}

/** The type as text. */
export function serializeMimeType(type: MimeType): string {
  let text = type.essence;
  apply(forEach, type.parameters, [(value: string, name: string) => {
    const shown = matches(TOKEN, value) ? value : `"${escapeEach(value, '"\\')}"`;
    text += `;${name}=${shown}`;
  }]);
  return text;
}

/** Where the value that begins here ends: at a comma outside of quotes. */
function endOfValue(header: string, from: number): number {
  let at = from;
  while (at < header.length && header[at] !== ",") at = header[at] === '"' ? readQuoted(header, at).end : at + 1;
  return at;
}

/** A quoted string that begins at `at`; one that is never closed ends with the text. */
function readQuoted(text: string, at: number): { value: string; end: number } {
  let value = "";
  let end = at + 1;
  for (; end < text.length && text[end] !== '"'; end++) {
    if (text[end] === "\\" && end + 1 < text.length) end++;
    value += text[end];
  }
  return { value, end: end + 1 };
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t" || character === "\n" || character === "\r";
}
