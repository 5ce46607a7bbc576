/** Parses JSON with the position of a syntax error, and tells of keys that are written twice. */

/** Deeper documents are refused, so that parsing never exhausts the stack. */
const MAX_DEPTH = 100;

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
 * Parses one JSON document (RFC 8259).
 *
 * @throws {JsonSyntaxError} when the text is no JSON or nested deeper than 100 levels
 */
export function parseJsonDocument(text: string): JsonDocument {
  const parser = new Parser(text);
  return { value: parser.document(), repeatedKeys: parser.repeatedKeys };
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

class Parser {
  readonly repeatedKeys: RepeatedKey[] = [];
  readonly #text: string;
  #at = 0;
  #path: (string | number)[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    this.#skipSpace();
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail("the end of the document");
    return value;
  }

  #value(): unknown {
    if (this.#path.length > MAX_DEPTH) {
      throw new JsonSyntaxError(`nested deeper than ${MAX_DEPTH} levels`, this.#at);
    }
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at++;
    this.#skipSpace();
    if (this.#take("}")) return object;
    for (;;) {
      const offset = this.#at;
      if (this.#text[offset] !== '"') this.#fail("a key in double quotes");
      const key = this.#string();
      this.#path.push(key);
      if (Object.hasOwn(object, key)) this.repeatedKeys.push({ path: [...this.#path], offset });
      this.#skipSpace();
      if (!this.#take(":")) this.#fail('":"');
      this.#skipSpace();
      // As JSON.parse does it: "__proto__" becomes a key like every other.
      Object.defineProperty(object, key, {
        value: this.#value(),
        writable: true,
        enumerable: true,
        configurable: true,
      });
      this.#path.pop();
      this.#skipSpace();
      if (this.#take("}")) return object;
      if (!this.#take(",")) this.#fail('"," or "}"');
      this.#skipSpace();
    }
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#take("]")) return array;
    for (;;) {
      this.#path.push(array.length);
      array.push(this.#value());
      this.#path.pop();
      this.#skipSpace();
      if (this.#take("]")) return array;
      if (!this.#take(",")) this.#fail('"," or "]"');
      this.#skipSpace();
    }
  }

  #string(): string {
    const start = this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char < " ") this.#fail('the closing quote (in text a line break is written "\\n")');
      this.#at++;
      if (char === '"') return JSON.parse(this.#text.slice(start, this.#at));
      if (char !== "\\") continue;
      const escape = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.#text.slice(this.#at, this.#at + 5));
      if (escape === null) this.#fail('one of " \\ / b f n r t u after the backslash');
      this.#at += escape[0].length;
    }
  }

  #scalar(): unknown {
    const token = /[^\s,:{}[\]"]*/y;
    token.lastIndex = this.#at;
    const word = token.exec(this.#text)![0];
    if (
      word === "true" || word === "false" || word === "null" || /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word)
    ) {
      this.#at += word.length;
      return JSON.parse(word);
    }
    if (word.startsWith("//") || word.startsWith("/*")) this.#fail("a value (JSON has no comments)");
    this.#fail("a value");
  }

  #skipSpace(): void {
    const space = /[ \t\r\n]*/y;
    space.lastIndex = this.#at;
    this.#at += space.exec(this.#text)![0].length;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #fail(expected: string): never {
    const code = this.#text.codePointAt(this.#at);
    const found = code === undefined ? "the end of the text" : JSON.stringify(String.fromCodePoint(code));
    throw new JsonSyntaxError(`found ${found} instead of ${expected}`, this.#at);
  }
}
