/** Parses JSON with comments and trailing commas: where a syntax error is, and which keys are written twice. */
import { createScanner, type ParseErrorCode, printParseErrorCode, visit } from "jsonc-parser";
import { parsePlainJson } from "./plain_json.ts";

/** Deeper documents are refused, so that parsing never exhausts the stack. */
const MAX_DEPTH = 100;
/** A string as far as it is right. */
// deno-lint-ignore no-control-regex
const RIGHT_TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

/** Mistakes within a string, by the parser's names; it tells where the string begins. */
const IN_TEXT = new Set(["InvalidUnicode", "InvalidEscapeCharacter", "InvalidCharacter", "UnexpectedEndOfString"]);

/** A key that one object has twice; `JSON.parse` would silently keep the last. */
export interface RepeatedKey {
  readonly path: readonly (string | number)[];
  /** Where the second one begins, in UTF-16 code units. */
  readonly offset: number;
}

/** What was parsed. */
export interface JsonDocument {
  readonly value: unknown;
  readonly repeatedKeys: readonly RepeatedKey[];
}

/** Text that is no JSON; `offset` is where the parser stood, in UTF-16 code units. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Parses one JSON document (RFC 8259) that may hold comments and trailing commas.
 *
 * @throws {JsonSyntaxError} when the text is no JSON or nested deeper than 100 levels
 */
export function parseJsonDocument(text: string): JsonDocument {
  const plain = parsePlainJson(text);
  if (plain !== undefined) return { value: plain, repeatedKeys: [] };
  const builder = new Builder(text);
  visit(text, builder, { allowTrailingComma: true, disallowComments: false });
  return { value: builder.value, repeatedKeys: builder.repeatedKeys };
}

/** Whether what follows on an offset is the value of a key that stands before it, as far as broken text tells. */
export function isAfterColon(text: string, offset: number): boolean {
  const before = text.slice(0, offset);
  const scanner = createScanner(before, true);
  let last = "";
  for (;;) {
    scanner.scan();
    const next = before.charAt(scanner.getTokenOffset());
    if (next === "") return last === ":";
    last = next;
  }
}

/** Line and column of an offset, both from 1, with the text of the line. */
export function positionOf(text: string, offset: number): { line: number; column: number; lineText: string } {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  const end = text.indexOf("\n", offset);
  return {
    line: before.split("\n").length,
    column: offset - start + 1,
    lineText: text.slice(start, end < 0 ? undefined : end).replace(/\r$/, ""),
  };
}

interface Container {
  readonly value: Record<string, unknown> | unknown[];
  /** Of an object: the one whose value comes. */
  key: string;
}

/** Builds the value from what the parser meets, and ends it at the first mistake. */
class Builder {
  value: unknown = undefined;
  readonly repeatedKeys: RepeatedKey[] = [];
  readonly #text: string;
  readonly #open: Container[] = [];
  /** What may come next. */
  #expected = "a value";
  /** Where the last number or word stands; it cannot be followed by another without something between. */
  #word = { offset: 0, end: -1 };

  constructor(text: string) {
    this.#text = text;
  }

  readonly onObjectBegin = (offset: number): void => {
    this.#add({}, offset);
    this.#expected = "a key in double quotes";
  };

  readonly onObjectProperty = (key: string, offset: number): void => {
    const object = this.#open.at(-1)!;
    object.key = key;
    if (Object.hasOwn(object.value, key)) this.repeatedKeys.push({ path: this.#path(), offset });
    this.#expected = '":"';
  };

  readonly onObjectEnd = (offset: number): void => this.#close(offset);

  readonly onArrayBegin = (offset: number): void => {
    this.#add([], offset);
    this.#expected = "a value";
  };

  readonly onArrayEnd = (offset: number): void => this.#close(offset);

  readonly onLiteralValue = (value: unknown, offset: number, length: number): void => {
    if (typeof value !== "string") this.#word = { offset, end: offset + length };
    this.#add(value, offset);
    this.#afterValue();
  };

  readonly onSeparator = (character: string): void => {
    const isKeyNext = character === "," && !Array.isArray(this.#open.at(-1)?.value);
    this.#expected = isKeyNext ? "a key in double quotes" : "a value";
  };

  readonly onError = (code: ParseErrorCode, offset: number): void => {
    const name = printParseErrorCode(code);
    if (name === "UnexpectedEndOfComment") throw new JsonSyntaxError('found a comment without its "*/"', offset);
    if (IN_TEXT.has(name)) this.#failInText(offset);
    // "01" and "1x" are two tokens, but one mistake.
    if (offset === this.#word.end && /[^\s,:{}[\]"]/.test(this.#text.charAt(offset))) {
      this.#fail("a value", this.#word.offset);
    }
    this.#fail(this.#expected, offset);
  };

  #add(value: unknown, offset: number): void {
    if (this.#open.length > MAX_DEPTH) throw new JsonSyntaxError(`nested deeper than ${MAX_DEPTH} levels`, offset);
    const parent = this.#open.at(-1);
    if (parent === undefined) this.value = value;
    else if (Array.isArray(parent.value)) parent.value.push(value);
    // As JSON.parse does it: "__proto__" becomes a key like every other.
    else {Object.defineProperty(parent.value, parent.key, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });}
    if (typeof value === "object" && value !== null) this.#open.push({ value: value as Container["value"], key: "" });
  }

  #close(offset: number): void {
    // The parser tells the end of what the text leaves open, too; its error comes next.
    if (offset === this.#text.length) return;
    this.#open.pop();
    this.#afterValue();
  }

  #afterValue(): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#expected = "the end of the document";
    else this.#expected = Array.isArray(parent.value) ? '"," or "]"' : '"," or "}"';
  }

  #path(): (string | number)[] {
    // The last element of a list is the one that is open.
    return this.#open.map(({ value, key }) => Array.isArray(value) ? value.length - 1 : key);
  }

  #failInText(offset: number): never {
    RIGHT_TEXT.lastIndex = offset;
    const end = offset + (RIGHT_TEXT.exec(this.#text)?.[0].length ?? 0);
    if (this.#text[end] === "\\") this.#fail('one of " \\ / b f n r t u after the backslash', end + 1);
    this.#fail('the closing quote (in text a line break is written "\\n")', end);
  }

  #fail(expected: string, offset: number): never {
    const code = this.#text.codePointAt(offset);
    const found = code === undefined ? "the end of the text" : JSON.stringify(String.fromCodePoint(code));
    throw new JsonSyntaxError(`found ${found} instead of ${expected}`, offset);
  }
}
