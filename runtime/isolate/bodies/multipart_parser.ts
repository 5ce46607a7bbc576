/**
 * Parses multipart/form-data as it arrives; the bytes of files stay in the chunks they came in.
 *
 * Our own, because no package fits: those at hand copy each file together (a 100 MB upload would need 200), and hand
 * on a form that breaks off or a filename cut at its semicolon (docs/decisions/0007).
 */
import { NativeUint8Array } from "../../protocol/primordials.ts";
import { fileInternals } from "./blob.ts";
import { append, type ByteParts, bytesLength, decodeParts, encodeText, partOf } from "./byte_parts.ts";
import type { FormEntry } from "./form_data.ts";
import { malformed, parsePartHead, type PartHead } from "./multipart_head.ts";

/** Longest head of a part; browsers send some hundred bytes, busboy and Go stop near here too. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Most parts of a form: an empty one takes about 500 bytes of the heap, and a client can send it in 60. */
export const MAX_FORM_PARTS = 50_000;

const CR = 13;
const LF = 10;
const DASH = 45;
const SPACE = 32;
const TAB = 9;

/**
 * `delimiter` looks for the boundary in a file, a text or before the first part; `after` is the rest of a boundary's
 * line; `head` a part's header lines; `end` everything behind the last boundary.
 */
type State = "delimiter" | "after" | "head" | "end";

/** Takes the chunks of one body. */
export class MultipartParser {
  readonly #delimiter: Uint8Array<ArrayBuffer>;
  readonly #line = new NativeUint8Array(MAX_HEAD_BYTES);
  #lineLength = 0;
  #state: State = "delimiter";
  /** How much of the delimiter stands before the next byte; the first boundary may stand without a break before it. */
  #matched = 2;
  /** Null before the first part. */
  #head: PartHead | null = null;
  #content: ByteParts = [];
  readonly #entries: FormEntry[] = [];
  /** Whether the closing boundary was seen. */
  #isClosed = false;

  constructor(boundary: string) {
    this.#delimiter = encodeText(`\r\n--${boundary}`);
  }

  /**
   * Takes the next chunk, which is the parser's from now on.
   * @throws {TypeError} when it is no form
   */
  push(chunk: Uint8Array<ArrayBuffer>): void {
    const length = bytesLength(chunk);
    for (let at = 0; at < length;) {
      if (this.#state === "delimiter") at = this.#seek(chunk, at, length);
      else if (this.#state === "head") at = this.#readHead(chunk, at, length);
      else if (this.#state === "after") at = this.#readAfter(chunk, at, length);
      else return;
    }
  }

  /**
   * The body has ended.
   * @throws {TypeError} when the form has not
   */
  finish(): FormEntry[] {
    // The closing boundary may lack its line break.
    if (this.#state === "after" && this.#lineLength >= 2) this.#closeLine();
    if (!this.#isClosed) throw malformed("it breaks off before its closing boundary");
    return this.#entries;
  }

  /** Looks for the delimiter; its CR stands nowhere else in it, so that a match that fails never begins inside itself. */
  #seek(chunk: Uint8Array<ArrayBuffer>, from: number, length: number): number {
    const delimiter = this.#delimiter;
    const wanted = bytesLength(delimiter);
    let at = from;
    let matched = this.#matched;
    /** Bytes of the delimiter that the chunk before ended with; they are content if it does not go on here. */
    const carried = matched;
    let start = from;
    while (at < length) {
      const byte = chunk[at]!;
      if (byte === delimiter[matched]) {
        at++;
        if (++matched < wanted) continue;
        this.#matched = 0;
        const end = at - wanted;
        if (end > start) this.#keep(partOf(chunk, start, end));
        this.#endPart();
        this.#state = "after";
        this.#lineLength = 0;
        return at;
      }
      if (matched === 0) {
        at++;
        continue;
      }
      // Not read again: only a CR can begin another match, and it is looked at as the first byte of one.
      if (carried > 0 && at - matched < from) {
        this.#keep(partOf(delimiter, 0, carried));
        start = from;
      }
      matched = 0;
    }
    this.#matched = matched;
    const end = at - matched;
    if (end > start) this.#keep(partOf(chunk, start, end));
    return at;
  }

  #keep(content: Uint8Array<ArrayBuffer>): void {
    // What stands before the first boundary is nobody's: https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
    if (this.#head !== null) append(this.#content, content);
  }

  #endPart(): void {
    const head = this.#head;
    if (head === null) return;
    const content = this.#content;
    this.#content = [];
    this.#head = null;
    const { name, filename, type } = head;
    const value = filename === null
      ? decodeParts(content, true)
      : fileInternals.create(content, type, { name: filename }) as unknown as File;
    append(this.#entries, { name, value });
    if (this.#entries.length > MAX_FORM_PARTS) throw malformed(`it has more than ${MAX_FORM_PARTS} parts`);
  }

  /** The rest of a boundary's line: nothing but blanks, or two dashes at the last boundary. */
  #readAfter(chunk: Uint8Array<ArrayBuffer>, from: number, length: number): number {
    for (let at = from; at < length;) {
      const byte = this.#line[this.#lineLength++] = chunk[at++]!;
      if (byte === LF) {
        this.#closeLine();
        return at;
      }
      if (this.#lineLength >= MAX_HEAD_BYTES) throw malformed("the line of a boundary does not end");
    }
    return length;
  }

  #closeLine(): void {
    const line = this.#line;
    const isLast = this.#lineLength >= 2 && line[0] === DASH && line[1] === DASH;
    let end = this.#lineLength;
    const isBroken = end >= 2 && line[end - 1] === LF && line[end - 2] === CR;
    if (isBroken) end -= 2;
    else if (!isLast) throw malformed("a boundary's line does not end with CR LF");
    for (let at = isLast ? 2 : 0; at < end; at++) {
      if (line[at] !== SPACE && line[at] !== TAB) throw malformed("something stands behind a boundary");
    }
    this.#lineLength = 0;
    this.#isClosed = isLast;
    this.#state = isLast ? "end" : "head";
  }

  #readHead(chunk: Uint8Array<ArrayBuffer>, from: number, length: number): number {
    const line = this.#line;
    for (let at = from; at < length;) {
      const size = this.#lineLength + 1;
      const byte = line[size - 1] = chunk[at++]!;
      this.#lineLength = size;
      const isBreak = byte === LF && size >= 2 && line[size - 2] === CR;
      if (isBreak && (size === 2 || (size >= 4 && line[size - 3] === LF && line[size - 4] === CR))) {
        this.#head = parsePartHead(partOf(line, 0, size === 2 ? 0 : size - 4));
        this.#state = "delimiter";
        this.#matched = 0;
        this.#lineLength = 0;
        return at;
      }
      if (size >= MAX_HEAD_BYTES) throw malformed(`the head of a part is longer than ${MAX_HEAD_BYTES} bytes`);
    }
    return length;
  }
}
