/** An isolate's streamed answer while its client takes it. */
import { BODY, OP, type WholeBody } from "../protocol/operations.ts";
import { type Receiving, WireViolation } from "../protocol/wire.ts";
import type { RelayedStreams } from "./relayed_streams.ts";

/** A response of an isolate, after a look at it. */
export interface TakenResponse {
  readonly status: number;
  readonly headers: string;
  readonly isStream: boolean;
  /** Id of the stream of the host's own that is its body, or null. */
  readonly relayed: number | null;
  /** Null beside a stream. */
  readonly body: WholeBody;
}

/**
 * Looks at a response as an isolate sent it, which may be anything.
 * @throws {WireViolation} when it is none
 */
export function takenResponse(
  { status, headers, bodyKind, body }: { [Part in "status" | "headers" | "bodyKind" | "body"]: unknown },
): TakenResponse {
  if (!Number.isInteger(status) || (status as number) < 200 || (status as number) > 599) {
    throw new WireViolation("a response without a status");
  }
  if (typeof headers !== "string") throw new WireViolation("a response without headers");
  if (bodyKind === BODY.RELAYED) {
    if (typeof body !== "number") throw new WireViolation("a response without its stream");
    return { status: status as number, headers, isStream: true, relayed: body, body: null };
  }
  const isStream = bodyKind === BODY.STREAM;
  if (!isStream && body !== null && typeof body !== "string" && !(body instanceof Uint8Array)) {
    throw new WireViolation("a response without its body");
  }
  return { status: status as number, headers, isStream, relayed: null, body: isStream ? null : body as WholeBody };
}

/** Which stream an answer is: its own of the isolate, or one of the host's. */
export interface AnswerStream {
  /** Of the request. */
  readonly id: number;
  readonly relayed: number | null;
}

/**
 * Opens the host's end of a streamed answer.
 * @throws {WireViolation} when the isolate was sent no such stream, or has asked for its bytes
 */
export function openAnswer(
  relays: RelayedStreams,
  { id, relayed }: AnswerStream,
  listener: Parameters<RelayedStreams["open"]>[1],
): Receiving {
  if (relayed === null) return relays.wire.receiving.open(id, listener.onEnd);
  const receiving = relays.open({ id, relayed }, listener);
  if (receiving === null) throw new WireViolation("a response of no stream that waits");
  return receiving;
}

/** Lets go of a streamed answer that nobody wants: it must not wait for credit for ever. */
export function dropAnswer({ wire }: RelayedStreams, { id, relayed }: AnswerStream): void {
  const reason = "The request is over";
  if (relayed !== null) return wire.sending.onCancel(relayed, reason);
  wire.out.push(OP.CANCEL, id, reason);
  wire.kick();
}

/** One answer. */
export class Answer {
  readonly receiving: Receiving;
  #taken = -1;
  #since = 0;

  constructor(receiving: Receiving) {
    this.receiving = receiving;
  }

  /** Bytes that the client's connection has taken. */
  get taken(): number {
    return this.receiving.total - this.receiving.outstanding;
  }

  /** Looked at now and then: whether bytes wait for the client, and it has taken none for this long. */
  isStalled(nowMs: number, stallMs: number): boolean {
    const { taken } = this;
    if (this.receiving.outstanding === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#since = nowMs;
      return false;
    }
    return nowMs - this.#since >= stallMs;
  }
}

/** Length of the body that the head of a streamed answer promises, or null; a HEAD request gets no body. */
export function promisedBytes(method: string, headers: string): number | null {
  if (method === "HEAD") return null;
  const found = /(?:^|\n)content-length\n(\d+)\n/i.exec(headers)?.[1];
  return found === undefined ? null : Number(found);
}
