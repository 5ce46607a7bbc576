/** A D1 database as the app holds it, by the interface that Workers know. */
import { bare } from "../../protocol/bare.ts";
import type { BindingPort, CallAnswer } from "../../protocol/binding_call.ts";
import {
  bytesLength,
  decoderDecode,
  defineMember,
  encodeText,
  hasOwn,
  isArray,
  isUint8Array,
  NativeError,
  NativeResponse,
  NativeString,
  NativeTextDecoder,
  NativeTypeError,
  NativeUint8Array,
  numberToText,
  stringify,
  stringIndexOf,
  stringPadStart,
  stringSlice,
  stringStartsWith,
  stringTrim,
  uncurry,
} from "../../protocol/primordials.ts";
import { joinTexts, mapList } from "../../protocol/safe_lists.ts";
import { bytesOrNull } from "../../protocol/views.ts";

/** What the host answers for one statement: rows as objects and `meta`, or as lists and `columns`; for a first row that, or null. */
interface Answered {
  readonly columns: string[];
  readonly rows: unknown[];
  readonly meta: object;
}

/** What a statement is answered with, as data/sql_messages.ts has it. */
type Shape = "all" | "raw" | "first";

/** Runs statements, in a database or in a session of it; they are JSON, with commas between them. */
type Runner = (method: "query" | "batch", asked: string) => Promise<unknown[]>;

const decoder = new NativeTextDecoder();
const parse = JSON.parse as (text: string) => unknown;
const { isFinite } = Number;
const toHex = uncurry((Uint8Array.prototype as Uint8Array & { toHex(): string }).toHex) as (
  bytes: Uint8Array,
) => string;
const responseText = uncurry(Response.prototype.text);

/** Longer texts go as bytes, which are streamed when they are many. */
const WHOLE_CHARS = 64 * 1024;
const ERROR = "D1_ERROR: ";
let askedOf: (statement: unknown) => string;

/**
 * Named as on Workers, as the other classes here. It is kept as the JSON that the host takes: the text of the SQL is
 * written once for all values that are bound to it, and neither lists nor objects are made to be taken apart again.
 */
class D1PreparedStatement {
  readonly #runner: Runner;
  /** Up to where the values of its parameters stand. */
  readonly #head: string;
  readonly #params: string;

  static {
    // The bundler gives a class another name that names itself.
    defineMember(this, "name", "D1PreparedStatement");
    askedOf = (statement) => {
      if (typeof statement === "object" && statement !== null && #head in statement) return statement.#asked("all");
      throw new NativeTypeError("batch() takes a list of statements that prepare() or bind() has made");
    };
  }

  constructor(runner: Runner, head: string, params: string) {
    this.#runner = runner;
    this.#head = head;
    this.#params = params;
  }

  /** The same statement with values for its parameters. */
  bind(...values: unknown[]): D1PreparedStatement {
    let params = "";
    for (let at = 0; at < values.length; at++) params += at === 0 ? paramOf(values[at]) : `,${paramOf(values[at])}`;
    return new D1PreparedStatement(this.#runner, this.#head, params);
  }

  /** The first row, or the value of one of its columns; null without a row. */
  async first(column?: unknown): Promise<unknown> {
    const row = (await this.#run("first"))[0] as Record<string, unknown> | null;
    if (row === null || column === undefined) return row;
    const name = NativeString(column);
    if (hasOwn(row, name)) return row[name];
    throw failure(`D1_COLUMN_NOTFOUND: Column not found (${name})`, "Column not found");
  }

  async all(): Promise<object> {
    return resultOf((await this.#run("all"))[0] as Answered);
  }

  async run(): Promise<object> {
    return resultOf((await this.#run("all"))[0] as Answered);
  }

  /** All rows as lists, after the names of the columns when those are asked for. */
  async raw(options?: { columnNames?: unknown } | null): Promise<unknown[][]> {
    const { columns, rows } = (await this.#run("raw"))[0] as Answered & { rows: unknown[][] };
    if (!options?.columnNames) return rows;
    const all: unknown[][] = [columns];
    for (let at = 0; at < rows.length; at++) defineMember(all, at + 1, rows[at], true);
    return all;
  }

  #run(shape: Shape): Promise<unknown[]> {
    return this.#runner("query", this.#asked(shape));
  }

  /** One statement as the host takes it. */
  #asked(shape: Shape): string {
    return `${this.#head}${this.#params}],"shape":"${shape}"}`;
  }
}

class D1Database {
  readonly #port: BindingPort;
  readonly #runner: Runner;

  constructor(port: BindingPort) {
    this.#port = port;
    this.#runner = (method, asked) => called(port, method, asked) as Promise<unknown[]>;
  }

  /** A statement, which is read when it runs. */
  prepare(sql: unknown): D1PreparedStatement {
    return new D1PreparedStatement(this.#runner, headOf(NativeString(sql)), "");
  }

  /** Runs statements as one transaction. */
  async batch(statements: unknown): Promise<object[]> {
    return await batchOf(this.#runner, statements);
  }

  /** Runs the statements of each line, one line after the other. */
  async exec(query: unknown): Promise<object> {
    const lines = linesOf(stringTrim(NativeString(query)));
    const asked = joinTexts(mapList(lines, (line) => `${headOf(line)}]}`), ",");
    const answer = await called(this.#port, "exec", asked) as { count: number; duration: number } | {
      line: number;
      error: string;
    };
    if (!hasOwn(answer, "error")) return answer;
    const { line, error } = answer as { line: number; error: string };
    const text = `Error in line ${line + 1}: ${lines[line]}: ${error}`;
    throw failure(`D1_EXEC_ERROR: ${text}`, text);
  }

  /** Withdrawn, as on Workers. */
  // deno-lint-ignore require-await -- an error is a rejection, as on Workers
  async dump(): Promise<never> {
    throw failure("D1_DUMP_ERROR: Status + 404", "Status 404");
  }

  /** A session, which may be told where another one was. */
  withSession(constraintOrBookmark?: unknown): D1DatabaseSession {
    return new D1DatabaseSession(this.#runner, constraintOrBookmark);
  }
}

class D1DatabaseSession {
  readonly #runner: Runner;
  #bookmark: string | null;
  #queries = 0;

  constructor(runner: Runner, constraintOrBookmark: unknown) {
    const given = constraintOrBookmark === undefined || constraintOrBookmark === null
      ? ""
      : stringTrim(NativeString(constraintOrBookmark));
    this.#bookmark = given === "" || given === "first-primary" || given === "first-unconstrained" ? null : given;
    this.#runner = async (method, asked) => {
      const answer = await runner(method, asked);
      const count = stringPadStart(numberToText(++this.#queries, 16), 8, "0");
      this.#bookmark = `${count}-00000000-00000000-00000000000000000000000000000000`;
      return answer;
    };
  }

  prepare(sql: unknown): D1PreparedStatement {
    return new D1PreparedStatement(this.#runner, headOf(NativeString(sql)), "");
  }

  async batch(statements: unknown): Promise<object[]> {
    return await batchOf(this.#runner, statements);
  }

  /** Where the session is, for another one to begin there; null before its first query. */
  getBookmark(): string | null {
    return this.#bookmark;
  }
}

/** Makes the binding. */
export function createD1(port: BindingPort): unknown {
  return new D1Database(port);
}

/** A statement as the host takes it, up to where the values of its parameters stand. */
function headOf(sql: string): string {
  return `{"sql":${stringify(sql)},"params":[`;
}

/** A value as the host takes it: bytes as hexadecimal digits, numbers that JSON has none of as null. */
function paramOf(value: unknown): string {
  if (typeof value === "string") return stringify(value)!;
  if (typeof value === "number") return isFinite(value) ? `${value}` : "null";
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "1" : "0";
  const bytes = bytesOrNull(value);
  if (bytes !== null) return hexOf(bytes);
  if (isArray(value) && isByteList(value)) return hexOf(new NativeUint8Array(value as number[]));
  const text = `Type '${typeof value}' not supported for value '${NativeString(value)}'`;
  throw failure(`D1_TYPE_ERROR: ${text}`, text);
}

function hexOf(bytes: Uint8Array): string {
  return `{"hex":"${toHex(bytes)}"}`;
}

function isByteList(list: readonly unknown[]): boolean {
  for (let at = 0; at < list.length; at++) {
    const byte = list[at];
    if (typeof byte !== "number" || !(byte >= 0 && byte < 256)) return false;
  }
  return true;
}

async function batchOf(runner: Runner, statements: unknown): Promise<object[]> {
  if (!isArray(statements)) throw new NativeTypeError("batch() takes a list of statements");
  const answers = await runner("batch", joinTexts(mapList(statements, askedOf), ","));
  const results: object[] = [];
  for (let at = 0; at < answers.length; at++) defineMember(results, at, resultOf(answers[at] as Answered), true);
  return results;
}

async function called(port: BindingPort, method: string, asked: string): Promise<unknown> {
  const text = `[${asked}]`;
  const body = text.length <= WHOLE_CHARS ? text : encodeText(text);
  let answer: CallAnswer;
  // With all members, so that none is looked for on Object.prototype: an object without one takes V8 six times as long.
  const options = { body, isOwn: false, signal: undefined };
  try {
    answer = await port.call(method, [typeof body === "string" ? 0 : bytesLength(body)], options);
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    if (!stringStartsWith(message, ERROR)) throw error;
    const told = failure(message, stringSlice(message, ERROR.length));
    if (code !== undefined && code !== "") defineMember(told, "code", code);
    throw told;
  }
  // Most answers are here as texts: each wait would be one more of the call's own.
  return parse(typeof answer.body === "string" ? answer.body : await textOf(answer.body));
}

async function textOf(body: Exclude<CallAnswer["body"], string>): Promise<string> {
  return isUint8Array(body)
    ? decoderDecode(decoder, body)
    : await responseText(new NativeResponse(body as ReadableStream));
}

function linesOf(text: string): string[] {
  const lines: string[] = [];
  for (let from = 0; from <= text.length;) {
    const end = stringIndexOf(text, "\n", from);
    const to = end === -1 ? text.length : end;
    defineMember(lines, lines.length, stringSlice(text, from, to), true);
    from = to + 1;
  }
  return lines;
}

function resultOf({ rows, meta }: Answered): object {
  return { success: true, meta, results: rows };
}

function failure(message: string, cause: string): Error {
  return new NativeError(message, bare({ cause: new NativeError(cause) }));
}
