/** Reads the header block of an app's answer, and remembers those that repeat. */
import { type HeaderList, splitHeaders } from "../protocol/header_block.ts";
import { clearsCookies, isSharedHost, plantsSession } from "./session_guard.ts";

/** What the front door wants to know of a block. */
export interface AnswerHeaders {
  /** Without a request id, which the front door sets itself, and without the dashboard's cookie. */
  readonly list: HeaderList;
  /** Length of the body that it promises. */
  readonly promised: number | null;
}

interface Parsed extends AnswerHeaders {
  /** Whether one of them may not go to every host: they are looked at once more. */
  readonly clears: boolean;
}

/** Header blocks repeat from one answer to the next; parsed ones are kept while small. */
const parsedHeaders = new Map<string, Parsed>();
const PARSED_BLOCKS = 256;
const PARSED_BLOCK_CHARS = 400;

/**
 * What HTTP allows (RFC 9110, 5.1 and 5.5). A hostile app reaches the inside of its Response, so the isolate's own check
 * counts for nothing, and Deno's HTTP writer ends the process on a name or value beyond this.
 */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Takes a block apart, as it may go to the host of a URL.
 * @throws {TypeError} when a name or value is beyond what HTTP allows
 */
export function answerHeaders(url: string, block: string): AnswerHeaders {
  const parsed = parse(block);
  if (!parsed.clears || !isSharedHost(url)) return parsed;
  return { ...parsed, list: parsed.list.filter(([name, value]) => !clearsCookies(name, value)) };
}

function parse(block: string): Parsed {
  let parsed = parsedHeaders.get(block);
  if (parsed !== undefined) return parsed;
  const list: HeaderList = [];
  let promised: number | null = null;
  for (const header of splitHeaders(block)) {
    const [name, value] = header;
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
      throw new TypeError(`header ${JSON.stringify(name.slice(0, 80))} is beyond what HTTP allows`);
    }
    const lower = name.toLowerCase();
    if (lower === "content-length" && /^\d+$/.test(value)) promised = Number(value);
    if (lower !== "x-request-id" && !plantsSession(name, value)) list.push(header);
  }
  parsed = { list, promised, clears: list.some(([name, value]) => clearsCookies(name, value)) };
  if (block.length < PARSED_BLOCK_CHARS) {
    if (parsedHeaders.size >= PARSED_BLOCKS) parsedHeaders.clear();
    parsedHeaders.set(block, parsed);
  }
  return parsed;
}
