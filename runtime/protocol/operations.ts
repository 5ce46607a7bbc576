/**
 * The closed table of operations that cross the wall between host and isolate: the one place that says what follows each.
 *
 * One message is one flat array: an operation followed by its fields, then the next operation, and so on. Flat arrays
 * clone about three times faster than arrays of objects (docs/decisions/0003).
 */
import type { Plain } from "./binding_call.ts";

/**
 * What a request or response carries as its body. RELAYED is one that its receiver is sending itself, ASKED a stream of
 * a request that waits to be asked for its first byte.
 */
export const BODY = { NONE: 0, WHOLE: 1, STREAM: 2, RELAYED: 3, ASKED: 4 } as const;

/** One of {@linkcode BODY}. */
export type BodyKind = (typeof BODY)[keyof typeof BODY];

/** A body that crosses with its head; null beside {@linkcode BODY}.NONE, STREAM and ASKED. */
export type WholeBody = string | Uint8Array | null;

/** What follows each operation; the types of its fields, in their order. */
export interface OperationFields {
  REQUEST: [
    id: number,
    method: string,
    url: string,
    headers: string,
    client: string,
    bodyKind: BodyKind,
    body: WholeBody,
  ];
  RESPONSE: [
    id: number,
    status: number,
    statusText: string,
    headers: string,
    bodyKind: BodyKind,
    /** Beside RELAYED the id of the stream. */
    body: WholeBody | number,
  ];
  DATA: [id: number, bytes: Uint8Array];
  END: [id: number];
  ERROR: [id: number, message: string];
  CREDIT: [id: number, bytes: number];
  CANCEL: [id: number, reason: string];
  ABORT: [id: number];
  ARM: [id: number];
  FAIL: [id: number, code: string, name: string, message: string, stack: string];
  LOG: [level: string, text: string];
  DRAIN: [];
  DRAINED: [];
  FETCH: [
    id: number,
    method: string,
    url: string,
    headers: string,
    redirect: string,
    bodyKind: BodyKind,
    body: WholeBody,
  ];
  FETCHED: [
    id: number,
    status: number,
    statusText: string,
    headers: string,
    url: string,
    redirected: boolean,
    bodyKind: BodyKind,
  ];
  FETCH_FAILED: [id: number, message: string];
  FETCH_ABORT: [id: number];
  UPGRADE: [id: number, headers: string];
  SOCKET_CONNECT: [id: number, url: string, protocols: string, headers: string];
  SOCKET_OPEN: [id: number, protocol: string];
  SOCKET_MESSAGE: [id: number, data: string | Uint8Array];
  SOCKET_CLOSE: [id: number, code: number, reason: string];
  SOCKET_SENT: [id: number, bytes: number];
  CALL: [
    id: number,
    binding: number,
    method: string,
    args: readonly Plain[],
    trace: string,
    bodyKind: BodyKind,
    /** Beside RELAYED the id of the stream. */
    body: WholeBody | number,
  ];
  SCHEDULED: [id: number, cron: string, scheduledTime: number];
  QUEUE: [id: number, queue: string, facts: readonly Plain[], bodies: Uint8Array];
  RETURNED: [id: number, values: readonly Plain[], bodyKind: BodyKind, body: WholeBody];
  CALL_FAILED: [id: number, name: string, message: string, code: string];
  CALL_ABORT: [id: number];
  TCP_CONNECT: [id: number, hostname: string, port: number, options: string, trace: string];
  TCP_OPENED: [id: number, facts: string];
  TCP_SET: [id: number, option: string, value: number];
  TCP_SECURE: [id: number, written: number, options: string];
  TCP_CLOSE: [id: number];
  TCP_CLOSED: [id: number, code: string, message: string];
  ENTER: [id: number, entrypoint: string, props: string, operation: string, path: string, depth: number];
}

/** Name of an operation. */
export type OperationName = keyof OperationFields;

/** One row of the table. */
interface Row<Fields extends readonly unknown[]> {
  /** As it stands in a batch; 0 is none. */
  readonly code: number;
  /** Who sends it: the host, the isolate, or both for a stream or socket of either. */
  readonly from: "host" | "isolate" | "both";
  /** Names of its fields: as many as the type has. */
  readonly fields: { readonly [Index in keyof Fields]: string };
  readonly doc: string;
}

/** The table, in the order of the codes. */
export const OPERATIONS = {
  REQUEST: {
    code: 1,
    from: "host",
    fields: ["id", "method", "url", "headers", "client", "body kind", "body"],
    doc: "A request for the app; the client as address and port",
  },
  RESPONSE: {
    code: 2,
    from: "isolate",
    fields: ["id", "status", "status text", "headers", "body kind", "body"],
    doc: "The app's answer",
  },
  DATA: { code: 3, from: "both", fields: ["id", "bytes"], doc: "Bytes of a stream, within the receiver's credit" },
  END: { code: 4, from: "both", fields: ["id"], doc: "A stream is whole" },
  ERROR: { code: 5, from: "both", fields: ["id", "message"], doc: "The sender of a stream failed" },
  CREDIT: { code: 6, from: "both", fields: ["id", "bytes"], doc: "Bytes of a stream that its receiver consumed" },
  CANCEL: { code: 7, from: "both", fields: ["id", "reason"], doc: "The receiver of a stream wants no more" },
  ABORT: { code: 8, from: "host", fields: ["id"], doc: "The client went away, or the host gave the request up" },
  ARM: {
    code: 9,
    from: "isolate",
    fields: ["id"],
    doc: "The app looks at request.signal: tell when the client leaves",
  },
  FAIL: {
    code: 10,
    from: "isolate",
    fields: ["id", "code", "name", "message", "stack"],
    doc: "The handler failed, or answered with what is no response",
  },
  LOG: {
    code: 11,
    from: "isolate",
    fields: ["level", "text"],
    doc: "A console line, or an exception that no request gets",
  },
  DRAIN: { code: 12, from: "host", fields: [], doc: "Finish what is pending, waitUntil included, then say DRAINED" },
  DRAINED: { code: 13, from: "isolate", fields: [], doc: "Nothing is pending any more" },
  FETCH: {
    code: 14,
    from: "isolate",
    fields: ["id", "method", "url", "headers", "redirect mode", "body kind", "body"],
    doc: "The app fetches; its ids are negative",
  },
  FETCHED: {
    code: 15,
    from: "host",
    fields: ["id", "status", "status text", "headers", "url", "redirected", "body kind"],
    doc: "What it fetched; a body is a stream",
  },
  FETCH_FAILED: { code: 16, from: "host", fields: ["id", "message"], doc: "No answer could be had" },
  FETCH_ABORT: { code: 17, from: "isolate", fields: ["id"], doc: "The app wants no answer any more" },
  UPGRADE: {
    code: 18,
    from: "isolate",
    fields: ["id", "headers"],
    doc: "The app takes the connection over as a WebSocket",
  },
  SOCKET_CONNECT: {
    code: 19,
    from: "isolate",
    fields: ["id", "url", "protocols", "headers"],
    doc: "The app opens a WebSocket; its ids are below -2^30, protocols are joined by commas",
  },
  SOCKET_OPEN: { code: 20, from: "host", fields: ["id", "protocol"], doc: "The WebSocket stands" },
  SOCKET_MESSAGE: { code: 21, from: "both", fields: ["id", "data"], doc: "A message, text or bytes" },
  SOCKET_CLOSE: { code: 22, from: "both", fields: ["id", "code", "reason"], doc: "A WebSocket closes, or never opens" },
  SOCKET_SENT: {
    code: 23,
    from: "both",
    fields: ["id", "bytes"],
    doc: "Bytes of messages that have left their receiver: dispatched by the app, or taken by the client",
  },
  CALL: {
    code: 24,
    from: "isolate",
    fields: ["id", "binding", "method", "arguments", "trace", "body kind", "body"],
    doc: "The app calls a binding, by its place among them; ids are 2^30 and above, arguments are plain values",
  },
  SCHEDULED: {
    code: 25,
    from: "host",
    fields: ["id", "cron", "scheduled time"],
    doc: "A job is due, at ms since 1970; answered as a REQUEST",
  },
  RETURNED: {
    code: 26,
    from: "host",
    fields: ["id", "values", "body kind", "body"],
    doc: "What a call came to",
  },
  CALL_FAILED: {
    code: 27,
    from: "host",
    fields: ["id", "name", "message", "code"],
    doc: "A call failed, with the error that the app gets",
  },
  CALL_ABORT: { code: 28, from: "isolate", fields: ["id"], doc: "The app wants no answer to a call any more" },
  TCP_CONNECT: {
    code: 29,
    from: "isolate",
    fields: ["id", "hostname", "port", "options", "trace"],
    doc: "The app opens a connection; its ids are -2^40 and below, each with a stream in both directions",
  },
  TCP_OPENED: { code: 30, from: "host", fields: ["id", "facts"], doc: "It stands, or is encrypted from here on" },
  TCP_SET: {
    code: 31,
    from: "isolate",
    fields: ["id", "option", "value"],
    doc: "Changes how a connection works: noDelay, keepAlive",
  },
  TCP_SECURE: {
    code: 32,
    from: "isolate",
    fields: ["id", "written", "options"],
    doc: "Encrypts a connection once so many bytes of the app have left",
  },
  TCP_CLOSE: { code: 33, from: "isolate", fields: ["id"], doc: "The app gives a connection up at once" },
  TCP_CLOSED: {
    code: 34,
    from: "host",
    fields: ["id", "code", "message"],
    doc: "A connection is over, or never came about; without a code both sides had ended",
  },
  ENTER: {
    code: 35,
    from: "host",
    fields: ["id", "entrypoint", "props", "operation", "path", "depth"],
    doc: "The REQUEST of this id that follows is another app's: where it enters, and what it asks for",
  },
  QUEUE: {
    code: 36,
    from: "host",
    fields: ["id", "queue", "facts", "bodies"],
    doc: "A batch of messages; answered by a RESPONSE whose body says what became of them (protocol/queue_batch.ts)",
  },
} as const satisfies { readonly [Name in OperationName]: Row<OperationFields[Name]> };

/** Names of the operations that one side sends, and the other takes. */
export type SentBy<Side extends "host" | "isolate"> = {
  [Name in OperationName]: (typeof OPERATIONS)[Name]["from"] extends Side | "both" ? Name : never;
}[OperationName];

/** Code of an operation, by name. */
export type OperationCodes = { readonly [Name in OperationName]: (typeof OPERATIONS)[Name]["code"] };
/** Code of any operation. */
export type OperationCode = OperationCodes[OperationName];
/** What follows a code. */
export type FieldsOf<Code extends OperationCode> = OperationFields[
  { [Name in OperationName]: OperationCodes[Name] extends Code ? Name : never }[OperationName]
];

/** The codes by name. */
export const OP = Object.fromEntries(
  Object.entries(OPERATIONS).map(([name, { code }]) => [name, code]),
) as OperationCodes;

/** How many fields follow each code; -1 where there is no operation. Without gaps: those would be looked up in a prototype. */
export const FIELDS_BY_CODE: readonly number[] = Object.values(OPERATIONS).reduce((counts, { code, fields }) => {
  counts[code] = fields.length;
  return counts;
}, new Array<number>(1 + Math.max(...Object.values(OPERATIONS).map(({ code }) => code))).fill(-1));
