/** One request on its way to an app: the front door makes it, an isolate answers it. */
import type { NanoError } from "../errors.ts";
import type { RequestEnd } from "./request_end.ts";

/** A real WebSocket: of a client, or of a connection that an app opened. Deno's and undici's both fit. */
export interface HostSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly protocol: string;
  binaryType: BinaryType;
  send(data: string | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

/** A job that is due. */
export interface ScheduledJob {
  /** The cron expression as it is configured. */
  readonly cron: string;
  /** When it was due, in ms since the epoch. */
  readonly scheduledTime: number;
}

/** A batch of messages that is due. */
export interface QueuedBatch {
  /** Name of the queue. */
  readonly queue: string;
  /** See protocol/queue_batch.ts. */
  readonly facts: readonly (string | number | null)[];
  /** Of all messages, one after the other; gone once the batch was handed over. */
  readonly bodies: Uint8Array<ArrayBuffer>;
  /** How long the app may work on it, in ms. */
  readonly limitMs: number;
}

/** How a request enters an app that another app asks: as `Entry` of protocol/rpc.ts. */
export interface CallEntry {
  readonly entrypoint: string;
  readonly props: string;
  readonly operation: "fetch" | "call" | "get";
  readonly path: string;
  readonly depth: number;
}

/** The body an isolate answers with. */
export type AnswerBody = string | Uint8Array | ReadableStream<Uint8Array> | null;

/** How long the front door bears with slow clients. */
export interface Patience {
  /** A client that takes nothing of a waiting answer for this long is cut off. */
  readonly writeStallMs: number;
  /** A request body that is waited for is measured over this time. */
  readonly bodyWindowMs: number;
  /** And must bring this much in it. */
  readonly bodyBytesPerSecond: number;
}

/**
 * A request for an app. Exactly one of `respond`, `fail`, `leave` and `upgrade` is called; after a streamed `respond`, `finish`
 * follows once the stream has ended one way or the other.
 */
export interface AppCall {
  readonly method: string;
  /** As the client wrote it, with its scheme and host. */
  readonly url: string;
  /** Header block, see protocol/header_block.ts. */
  readonly headers: string;
  /** The client as `hostname port`. */
  readonly remote: string;
  /** Monotonic ms at which the request arrived. */
  readonly startedAt: number;
  /** What to run in the place of a request; its other parts mean nothing then. */
  readonly job?: ScheduledJob | QueuedBatch;
  /** Given where another app asks. */
  readonly entry?: CallEntry;
  /** What its client is granted. */
  readonly patience: Patience;
  /** Length that the client declared, or null. */
  readonly declaredBytes: number | null;
  /** Takes the body, once. */
  takeBody(): string | Uint8Array | ReadableStream<Uint8Array> | null;
  /** Calls back when the client goes away before its answer is complete. */
  onClientGone(callback: () => void): void;
  respond(status: number, headers: string, body: AnswerBody): void;
  /** @param end when it is another than the code says by itself */
  fail(error: NanoError, end?: RequestEnd): void;
  /** The client went away before any head could be sent: nobody is there to be answered. */
  leave(): void;
  /**
   * Answers with 101 and takes the connection over; `finish` follows once it has closed.
   * @throws {TypeError} when the client asked for no WebSocket
   */
  upgrade(headers: string): HostSocket;
  /**
   * A streamed answer has ended.
   * @param bytes of the body so far
   * @param end `done` only when its client took all of it
   */
  finish(bytes: number, end: RequestEnd): void;
}

/** Something that takes requests for an app; a Supervisor fits. */
export interface AppTarget {
  readonly app: { readonly name: string };
  /** Of the code that serves, for traces. */
  readonly version?: string | null;
  fetch(call: AppCall): void;
  /** Of an app that runs in two versions: the one that takes the next request. */
  choose?(): AppTarget;
}
