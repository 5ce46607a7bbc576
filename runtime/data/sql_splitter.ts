/** Cuts SQL into statements as it comes, by the rules of SQLite's own shell. */

/** What a piece of SQL is, to who looks for ends of statements; the order is that of the columns below. */
const TOKEN = { SEMICOLON: 0, SPACE: 1, OTHER: 2, EXPLAIN: 3, CREATE: 4, TEMPORARY: 5, TRIGGER: 6, END: 7 } as const;
type Token = (typeof TOKEN)[keyof typeof TOKEN];

const KEYWORDS: ReadonlyMap<string, Token> = new Map([
  ["explain", TOKEN.EXPLAIN],
  ["create", TOKEN.CREATE],
  ["temp", TOKEN.TEMPORARY],
  ["temporary", TOKEN.TEMPORARY],
  ["trigger", TOKEN.TRIGGER],
  ["end", TOKEN.END],
]);

const START = 1;
/**
 * The state after a token, by the state before: https://sqlite.org/src/file/src/complete.c. A semicolon ends a statement
 * unless a trigger is being made, which ends with `; END;`.
 */
const NEXT: readonly (readonly number[])[] = [
  [1, 0, 2, 3, 4, 2, 2, 2],
  [1, 1, 2, 3, 4, 2, 2, 2],
  [1, 2, 2, 2, 2, 2, 2, 2],
  [1, 3, 3, 2, 4, 2, 2, 2],
  [1, 4, 2, 2, 2, 4, 5, 2],
  [6, 5, 5, 5, 5, 5, 5, 5],
  [6, 6, 5, 5, 5, 5, 5, 7],
  [1, 7, 5, 5, 5, 5, 5, 5],
];

const WORD = /[\w$\u0080-\uffff]+/y;
const SPACES = /[ \t\r\n\f]+/y;
const CLOSED_BY: Readonly<Record<string, string>> = { "'": "'", '"': '"', "`": "`", "[": "]" };

/** Takes text in pieces and gives whole statements, each with the blanks and comments before it. */
export class SqlSplitter {
  #text = "";
  /** Where the tokens that were looked at end. */
  #at = 0;
  #state = START;

  /** @returns the statements that end in what has come so far */
  push(text: string): string[] {
    this.#text += text;
    return this.#cut(false);
  }

  /** @returns what is left, which no semicolon ends; perhaps nothing */
  end(): string[] {
    const found = this.#cut(true);
    const rest = this.#text;
    this.#text = "";
    this.#at = 0;
    this.#state = START;
    return rest === "" ? found : [...found, rest];
  }

  #cut(isLast: boolean): string[] {
    const found: string[] = [];
    let from = 0;
    for (;;) {
      const end = this.#tokenEnd(isLast);
      if (end === null) break;
      const token = this.#tokenTo(end);
      this.#state = NEXT[this.#state]![token]!;
      this.#at = end;
      if (token !== TOKEN.SEMICOLON || this.#state !== START) continue;
      found.push(this.#text.slice(from, end));
      from = end;
    }
    this.#text = this.#text.slice(from);
    this.#at -= from;
    return found;
  }

  /** Null when the next token may go on in what is still to come, or there is none. */
  #tokenEnd(isLast: boolean): number | null {
    const text = this.#text;
    const at = this.#at;
    const char = text[at];
    if (char === undefined) return null;
    const whole = (end: number) => end < text.length || isLast ? end : null;
    const until = (mark: string, from: number) => {
      const end = text.indexOf(mark, from);
      return end === -1 ? (isLast ? text.length : null) : end + mark.length;
    };
    const closing = CLOSED_BY[char];
    if (closing !== undefined) return until(closing, at + 1);
    if ((char === "-" || char === "/") && at + 1 === text.length) return whole(at + 1);
    if (char === "-" && text[at + 1] === "-") return until("\n", at + 2);
    if (char === "/" && text[at + 1] === "*") return until("*/", at + 2);
    for (const pattern of [WORD, SPACES]) {
      pattern.lastIndex = at;
      if (pattern.test(text)) return whole(pattern.lastIndex);
    }
    return at + 1;
  }

  #tokenTo(end: number): Token {
    const char = this.#text[this.#at]!;
    if (char === ";") return TOKEN.SEMICOLON;
    if (" \t\r\n\f".includes(char)) return TOKEN.SPACE;
    const second = this.#text[this.#at + 1];
    if ((char === "-" && second === "-") || (char === "/" && second === "*")) return TOKEN.SPACE;
    // No keyword is longer.
    if (end - this.#at > "temporary".length) return TOKEN.OTHER;
    return KEYWORDS.get(this.#text.slice(this.#at, end).toLowerCase()) ?? TOKEN.OTHER;
  }
}

const OWN_TRANSACTION = /^(?:BEGIN(?:\s+(?:DEFERRED|IMMEDIATE|EXCLUSIVE))?|COMMIT|END)(?:\s+TRANSACTION)?\s*;?\s*$/i;

/** Whether a statement only begins or commits a transaction, as dumps do around all of theirs. */
export function isOwnTransaction(statement: string): boolean {
  const plain = statement.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))+/, "");
  return OWN_TRANSACTION.test(plain);
}

/** The statements of a whole text. */
export function splitSql(text: string): string[] {
  const splitter = new SqlSplitter();
  return [...splitter.push(text), ...splitter.end()];
}
