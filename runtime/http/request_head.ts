/** Reads the head of a request as Deno.serve hands it over, in one pass over its headers. */
import { type InnerRequest, innerSlots } from "../protocol/inner_slots.ts";
import type { ForwardedHeaders } from "./client_address.ts";

/** A request's head. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** Host header, or null. */
  readonly host: string | null;
  readonly declaredBytes: number | null;
  /** How the body was encoded beyond chunks, which nobody here takes back; null for all others. */
  readonly transferCoding: string | null;
  readonly requestId: string | null;
  readonly forwarded: ForwardedHeaders | null;
  /** As the client sent them, valid or not; repeated ones are joined as Headers would. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  /** Header block without the headers that the front door sets itself. */
  readonly headers: string;
}

/** The bit that makes an ASCII letter a small one. */
const LOWER = 0x20;
const LETTER_T = 0x74;

/**
 * Begins the dashboard's session cookie, see admin/gate/session.ts. Cookies do not know ports: a browser that is logged in at
 * the dashboard sends it to every app that has the same host name, and no app may have it.
 */
export const SESSION_COOKIE_START = "nano_session=";

function withoutSession(cookies: string): string {
  return cookies.split(";").filter((one) => !one.trimStart().startsWith(SESSION_COOKIE_START)).join(";").trim();
}

/** Reads a head through Deno's inner slots, or through the public API where they are unknown. */
export function readRequestHead(request: Request, inner: InnerRequest | null): RequestHead {
  const list = inner === null ? [...request.headers] : inner.headerList;
  let headers = "";
  let host: string | null = null;
  let declaredBytes: number | null = null;
  let transferCoding: string | null = null;
  let requestId: string | null = null;
  let forwardedFor: string | null = null;
  let forwardedProto: string | null = null;
  let forwardedHost: string | null = null;
  let traceparent: string | null = null;
  let tracestate: string | null = null;
  for (let at = 0; at < list.length; at++) {
    const [name, value] = list[at]!;
    // The length decides for nearly all headers; only a match is compared without case.
    switch (name.length) {
      case 4:
        if (host === null && name.toLowerCase() === "host") host = value;
        break;
      case 6:
        if (value.includes(SESSION_COOKIE_START) && name.toLowerCase() === "cookie") {
          const kept = withoutSession(value);
          if (kept !== "") headers += name + "\n" + kept + "\n";
          continue;
        }
        break;
      case 9:
        if (name.toLowerCase() === "x-real-ip") continue;
        break;
      case 10:
        // As long as User-Agent and Connection, which every request has.
        if ((name.charCodeAt(0) | LOWER) === LETTER_T && name.toLowerCase() === "tracestate") {
          tracestate = tracestate === null ? value : `${tracestate}, ${value}`;
          continue;
        }
        break;
      case 11:
        if (name.toLowerCase() === "traceparent") {
          traceparent = traceparent === null ? value : `${traceparent}, ${value}`;
          continue;
        }
        break;
      case 12:
        if (name.toLowerCase() === "x-request-id") {
          requestId ??= value;
          continue;
        }
        break;
      case 14:
        if (name.toLowerCase() === "content-length") {
          // Deno takes a request that says the same length twice; joined, the two are none.
          if (declaredBytes !== null) continue;
          declaredBytes = Number(value);
        }
        break;
      case 15:
        if (name.toLowerCase() === "x-forwarded-for") {
          forwardedFor = forwardedFor === null ? value : `${forwardedFor}, ${value}`;
          continue;
        }
        break;
      case 16:
        if (name.toLowerCase() === "x-forwarded-host") {
          forwardedHost ??= value;
          continue;
        }
        break;
      case 17:
        if (name.toLowerCase() === "x-forwarded-proto") {
          forwardedProto ??= value;
          continue;
        }
        if (name.toLowerCase() === "transfer-encoding" && value.trim().toLowerCase() !== "chunked") {
          transferCoding ??= value;
        }
        break;
    }
    headers += name + "\n" + value + "\n";
  }
  const forwarded = forwardedFor === null && forwardedHost === null && forwardedProto === null
    ? null
    : { for: forwardedFor, proto: forwardedProto, host: forwardedHost };
  return {
    method: inner === null ? request.method : inner.method,
    url: inner === null ? request.url : inner.url(),
    host,
    declaredBytes,
    transferCoding,
    requestId,
    forwarded,
    traceparent,
    tracestate,
    headers,
  };
}

/** The inner object of a request, or null where Deno's inside is unknown. */
export function innerOf(request: Request): InnerRequest | null {
  return innerSlots === null ? null : innerSlots.request(request);
}

/** Header block of what the front door adds for the app. */
export function doorHeaders(options: {
  client: string;
  chain: string;
  scheme: string;
  host: string;
  requestId: string;
}): string {
  const { client, chain, scheme, host, requestId } = options;
  return `x-real-ip\n${client}\nx-forwarded-for\n${chain}\nx-forwarded-proto\n${scheme}\n` +
    `x-forwarded-host\n${host}\nx-request-id\n${requestId}\n`;
}
