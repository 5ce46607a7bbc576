/** Sends what an app's handler returned across the wall: whole bodies at once, streams with credits. */
import {
  bytesLength,
  bytesSet,
  endOfTurn,
  headersForEach,
  NativeError,
  NativeResponse,
  NativeTypeError,
  NativeUint8Array,
  promiseThen,
  rejected,
  responseBody,
  responseBodyUsed,
  responseHeaders,
  responseStatus,
  responseStatusText,
  streamReader,
  stringSlice,
  stringToLowerCase,
} from "../../protocol/primordials.ts";
import { arrayPush } from "../../protocol/safe_lists.ts";
import { BODY, OP } from "../../protocol/operations.ts";
import { isOwnStream } from "../../protocol/own_streams.ts";
import { knownLength } from "../../protocol/stream_lengths.ts";
import { type HeaderList, joinHeaders } from "../../protocol/header_block.ts";
import { type InnerResponse, innerSlots } from "../../protocol/inner_slots.ts";
import { knownBodyOf } from "../bodies/body_sources.ts";
import { copyOf } from "../bodies/byte_parts.ts";
import { type ByteSource, readerSource } from "../../protocol/byte_stream.ts";
import type { Wire } from "../../protocol/wire.ts";
import { isLong, piecesOf, sizeOfPieces } from "./long_body.ts";

/** A stream that ends within one turn and below this size is sent as a whole body. */
const READ_AHEAD_BYTES = 64 * 1024;

/** Why a returned value cannot be sent. */
export class BadResponse extends Error {
  override readonly name = "BadResponse";
}

/** A response reader: the read that may already be under way, and the stream's own reader. */
interface StreamHead {
  readonly parts: Uint8Array[];
  size: number;
  done: boolean;
}

/**
 * Answers a request with what the handler returned.
 *
 * @param onDone called once when nothing of the answer is left to send
 * @throws {BadResponse} when the value is no Response, or one whose body is used
 */
export function sendResponse(wire: Wire, id: number, value: unknown, onDone: () => void): void {
  const response = takeResponse(value);
  const { body } = response;
  if (body !== null && typeof body === "object" && !(body instanceof NativeUint8Array)) {
    // Before the body is read: that takes nothing from what it was made of.
    const size = knownBodyOf(value as Response)?.size ?? knownLength(body);
    const head = size === null ? response : withLength(response, size);
    if (relay(wire, id, head, body)) onDone();
    else sendStream(wire, { id, head, isLong: size !== null }, body, onDone);
    return;
  }
  if (body !== null && isLong(body)) {
    const { status, statusText, headers } = withLength(response, sizeOfPieces(body));
    wire.out.push(OP.RESPONSE, id, status, statusText, joinHeaders(headers), BODY.STREAM, null);
    wire.sending.open(id, piecesOf(body), { owned: true, onEnd: onDone });
    wire.kick();
    return;
  }
  sendWhole(wire, id, response, body);
  onDone();
}

function takeResponse(value: unknown): InnerResponse {
  if (!(value instanceof NativeResponse)) {
    throw new BadResponse(`Cannot send ${describe(value)}: the handler must return a Response`);
  }
  let taken: InnerResponse | null;
  try {
    taken = innerSlots === null ? takePublicly(value) : innerSlots.takeResponse(value);
  } catch (error) {
    throw new BadResponse(
      `Cannot send the Response: ${error instanceof NativeError ? error.message : "its body is used"}`,
    );
  }
  if (taken === null) throw new BadResponse("Cannot send the Response: it was not made by its constructor");
  if (taken.status < 200 || taken.status > 599) {
    throw new BadResponse(`Cannot send a Response of status ${taken.status}: it must be 200 to 599`);
  }
  return taken;
}

function takePublicly(response: Response): InnerResponse {
  if (responseBodyUsed(response)) throw new NativeTypeError("Body already used");
  const headers: HeaderList = [];
  headersForEach(responseHeaders(response), (value, name) => void arrayPush(headers, [name, value]));
  return {
    status: responseStatus(response),
    statusText: responseStatusText(response),
    headers,
    body: responseBody(response),
  };
}

function describe(value: unknown): string {
  if (value === undefined) return "undefined";
  if (value === null) return "null";
  if (typeof value !== "object" && typeof value !== "function") return `a ${typeof value}`;
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "" ? `a value of type ${stringSlice(name, 0, 80)}` : "an object";
}

function sendWhole(wire: Wire, id: number, head: InnerResponse, body: string | Uint8Array | null): void {
  const { status, statusText } = head;
  const headers = joinHeaders(head.headers);
  if (body !== null && typeof body === "object") {
    wire.out.begin(OP.RESPONSE, id, status, statusText, headers, BODY.WHOLE);
    wire.pushBytes(body, false);
  } else wire.out.push(OP.RESPONSE, id, status, statusText, headers, body === null ? BODY.NONE : BODY.WHOLE, body);
  wire.hurry();
}

/** Leaves a body to the host that the app got from there and has not read. @returns false when it is none of these */
function relay(wire: Wire, id: number, head: InnerResponse, body: ReadableStream<Uint8Array>): boolean {
  const relayed = wire.receiving.giveBack(body);
  if (relayed === null) return false;
  // Nobody reads what is the host's again.
  streamReader(body);
  const { status, statusText, headers } = head;
  wire.out.push(OP.RESPONSE, id, status, statusText, joinHeaders(headers), BODY.RELAYED, relayed);
  wire.hurry();
  return true;
}

/** The same head with the length of its body, unless the app gave one. */
function withLength(head: InnerResponse, size: number): InnerResponse {
  const { headers } = head;
  for (let at = 0; at < headers.length; at++) if (isContentLength(headers[at]![0])) return head;
  const list: HeaderList = [];
  for (let at = 0; at < headers.length; at++) arrayPush(list, headers[at]!);
  arrayPush(list, ["content-length", `${size}`]);
  return { ...head, headers: list };
}

function isContentLength(name: string): boolean {
  return name.length === 14 && stringToLowerCase(name) === "content-length";
}

/** Reads ahead until the next turn of the event loop; what has ended by then is sent as a whole body. */
function sendStream(
  wire: Wire,
  { id, head, isLong }: { readonly id: number; readonly head: InnerResponse; readonly isLong: boolean },
  stream: ReadableStream<Uint8Array>,
  onDone: () => void,
): void {
  const reader: ByteSource = readerSource(stream);
  const owned = isOwnStream(stream);
  const ahead: StreamHead = { parts: [], size: 0, done: false };
  let under: Promise<ReadableStreamReadResult<Uint8Array>> | null = null;
  let begun = false;

  const begin = () => {
    if (begun) return;
    begun = true;
    if (ahead.done) {
      sendWhole(wire, id, head, join(ahead));
      onDone();
      return;
    }
    wire.out.push(OP.RESPONSE, id, head.status, head.statusText, joinHeaders(head.headers), BODY.STREAM, null);
    for (let at = 0; at < ahead.parts.length; at++) {
      wire.out.begin(OP.DATA, id);
      wire.pushBytes(ahead.parts[at]!, owned);
    }
    let first = under;
    wire.sending.open(id, {
      read() {
        const read = first ?? reader.read();
        first = null;
        return read;
      },
      cancel: (reason) => reader.cancel(reason),
    }, { owned, sent: ahead.size, onEnd: onDone });
    wire.kick();
  };

  if (isLong) return begin();
  endOfTurn(begin);
  const step = async () => {
    while (!begun && ahead.size < READ_AHEAD_BYTES) {
      under = reader.read();
      const { done, value } = await under;
      if (begun) return;
      under = null;
      if (done) {
        ahead.done = true;
        break;
      }
      if (!(value instanceof NativeUint8Array)) {
        throw new NativeTypeError("Cannot send a stream chunk that is no Uint8Array");
      }
      const length = bytesLength(value);
      if (length === 0) continue;
      arrayPush(ahead.parts, copyOf(value));
      ahead.size += length;
    }
    begin();
  };
  promiseThen(step(), undefined, (error) => {
    if (begun) return;
    // Nothing was sent yet, but the head promises a body: the stream fails after its head, as it would without a wall.
    under = rejected(error);
    begin();
  });
}

function join(ahead: StreamHead): Uint8Array {
  if (ahead.parts.length === 1) return ahead.parts[0]!;
  const whole = new NativeUint8Array(ahead.size);
  for (let at = 0, end = 0; at < ahead.parts.length; at++) {
    bytesSet(whole, ahead.parts[at]!, end);
    end += bytesLength(ahead.parts[at]!);
  }
  return whole;
}
