/** Performs an app's fetch in the host: redirects followed one by one, each checked by the app's policy. */
import { BODY_HEADERS, CREDENTIAL_HEADERS, dropsBody, isRedirect, MAX_REDIRECTS } from "../protocol/redirects.ts";
import { decodedBody, knownCodings } from "./content_coding.ts";
import { exchange, type ExchangeAnswer } from "./exchange.ts";
import type { Outbound } from "./outbound.ts";
import { loadRequests } from "./undici_module.ts";

/** What the Fetch standard forbids. */
const FORBIDDEN_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);
/** What belongs to one connection, not to the request: undici sets its own, and refuses most of these from others. */
const CONNECTION_HEADERS = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Sent where the app names none: what any fetch sends, and the codings that are undone here. */
const DEFAULT_HEADERS: readonly (readonly [string, string])[] = [
  ["accept", "*/*"],
  ["accept-language", "*"],
  ["accept-encoding", "gzip, deflate, br"],
];

/** A request as an app made it. */
export interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly redirect: RequestRedirect;
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal;
}

/** What came back. */
export interface OutboundResponse {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: ReadableStream<Uint8Array> | null;
}

/**
 * Fetches.
 * @throws {TypeError} as fetch does: refused by policy, no connection, too many redirects
 */
export async function outboundFetch(outbound: Outbound, request: OutboundRequest): Promise<OutboundResponse> {
  let url = new URL(request.url);
  let { method, body } = request;
  if (FORBIDDEN_METHODS.has(method.toUpperCase())) throw new TypeError(`Cannot fetch with the method ${method}`);
  const length = lengthOf(request);
  let headers = withDefaults(request.headers.filter(([name]) => isOfRequest(name)));
  for (let redirects = 0;; redirects++) {
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw new TypeError(`Cannot fetch "${url.protocol}": only http and https URLs can be fetched`);
    }
    outbound.check(url);
    const answer = await send(outbound, {
      method,
      headers: body instanceof ReadableStream ? [...headers, ...length] : headers,
      body,
      signal: request.signal,
      url,
    });
    const location = isRedirect(answer.status) ? headerOf(answer, "location") : null;
    if (location === null || request.redirect === "manual") {
      return decoded(answer, { method, url, redirected: redirects > 0 });
    }
    // Nobody reads it; that it cannot be cancelled changes nothing.
    answer.body?.cancel().catch(() => {});
    if (request.redirect === "error") {
      throw new TypeError(`Cannot follow a redirect from ${url.origin}: its mode is "error"`);
    }
    if (redirects >= MAX_REDIRECTS) throw new TypeError(`Cannot follow more than ${MAX_REDIRECTS} redirects`);
    const next = parseLocation(location, url);
    if (answer.status !== 303 && body instanceof ReadableStream) {
      throw new TypeError("Cannot send a streamed body again after a redirect");
    }
    if (dropsBody(answer.status, method)) {
      method = "GET";
      body = null;
      headers = headers.filter(([name]) => !BODY_HEADERS.includes(name.toLowerCase()));
    }
    if (next.origin !== url.origin) {
      headers = headers.filter(([name]) => !CREDENTIAL_HEADERS.includes(name.toLowerCase()));
    }
    url = next;
  }
}

/** Whether a header is the request's: the others are its connection's. */
export function isOfRequest(name: string): boolean {
  return !CONNECTION_HEADERS.has(name.toLowerCase());
}

/** One request of the chain, noted while its connection is in use. */
async function send(outbound: Outbound, request: Parameters<typeof exchange>[1]): Promise<ExchangeAnswer> {
  await loadRequests();
  const { connections } = outbound;
  const { origin } = request.url;
  connections.enter(origin);
  return await exchange(connections.agent, { ...request, onEnd: () => connections.leave(origin) });
}

/** The length of a stream over bytes that are at hand; without it a stream goes out in chunks. */
function lengthOf({ headers }: OutboundRequest): OutboundRequest["headers"] {
  const last = headers.findLast(([name]) => name.toLowerCase() === "content-length");
  return last !== undefined && /^\d{1,15}$/.test(last[1]) ? [["content-length", last[1]]] : [];
}

function withDefaults(headers: OutboundRequest["headers"]): OutboundRequest["headers"] {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const added = DEFAULT_HEADERS.filter(([name]) => !names.has(name));
  if (!names.has("range")) return [...headers, ...added];
  // A part of something packed cannot be unpacked (https://fetch.spec.whatwg.org/#http-network-or-cache-fetch).
  return [
    ...headers,
    ...added.map(([name, value]) => [name, name === "accept-encoding" ? "identity" : value] as const),
  ];
}

function headerOf({ headers }: ExchangeAnswer, name: string): string | null {
  const values = headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? null : values.join(", ");
}

function decoded(
  answer: ExchangeAnswer,
  asked: { readonly method: string; readonly url: URL; readonly redirected: boolean },
): OutboundResponse {
  const { status, statusText, headers, body } = answer;
  const common = { status, statusText, url: asked.url.href, redirected: asked.redirected };
  if (body === null) return { ...common, headers, body };
  let codings;
  try {
    codings = knownCodings(headerOf(answer, "content-encoding") ?? "");
  } catch (error) {
    body.cancel(error).catch(() => {});
    throw error;
  }
  if (codings === null) return { ...common, headers, body };
  // It is decoded here; its coding and length are no longer true.
  const kept = headers.filter(([name]) => !/^content-(?:encoding|length)$/i.test(name));
  return { ...common, headers: kept, body: decodedBody(body, { codings, origin: asked.url.origin }) };
}

function parseLocation(location: string, base: URL): URL {
  try {
    const next = new URL(utf8Of(location), base);
    if (next.hash === "") next.hash = base.hash;
    return next;
  } catch (error) {
    throw new TypeError(`Cannot follow a redirect from ${base.origin}: its Location is no URL`, { cause: error });
  }
}

/** A Location is bytes, mostly ASCII, and UTF-8 beyond (https://fetch.spec.whatwg.org/#concept-response-location-url). */
function utf8Of(binary: string): string {
  // deno-lint-ignore no-control-regex
  if (!/[^\x00-\x7f]/.test(binary)) return binary;
  return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}
