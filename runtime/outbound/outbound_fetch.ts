/** Performs an app's fetch in the host: redirects followed one by one, each checked by the app's policy. */
import { fetch as undiciFetch } from "undici";
import { messageOf } from "../errors.ts";
import { type Outbound, OutboundRefused } from "./outbound.ts";

/** Most redirects, as the Fetch standard has it. */
const MAX_REDIRECTS = 20;
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);
/** Headers that must not follow a redirect to another origin. */
const CREDENTIAL_HEADERS = new Set(["authorization", "cookie", "proxy-authorization", "host"]);
/** Headers that describe a body which a redirect drops. */
const BODY_HEADERS = new Set([
  "content-encoding",
  "content-language",
  "content-location",
  "content-type",
  "content-length",
]);

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
/** Codings that undici decodes; a body of any other stays as it came. */
const DECODED = new Set(["gzip", "x-gzip", "deflate", "br", "zstd"]);
const NULL_BODY_STATUSES = new Set([101, 204, 205, 304]);

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
  let headers = request.headers.filter(([name]) => !CONNECTION_HEADERS.has(name.toLowerCase()));
  for (let redirects = 0;; redirects++) {
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw new TypeError(`Cannot fetch "${url.protocol}": only http and https URLs can be fetched`);
    }
    outbound.check(url);
    const response = await send(outbound, { ...request, method, headers, body }, url);
    const location = response.headers.get("location");
    if (!REDIRECT_STATUSES.has(response.status) || location === null || request.redirect === "manual") {
      return answer(response, { method, url: url.href, redirected: redirects > 0 });
    }
    await response.body?.cancel();
    if (request.redirect === "error") {
      throw new TypeError(`Cannot follow a redirect from ${url.origin}: its mode is "error"`);
    }
    if (redirects >= MAX_REDIRECTS) throw new TypeError(`Cannot follow more than ${MAX_REDIRECTS} redirects`);
    const next = parseLocation(location, url);
    const dropsBody = response.status === 303
      ? method !== "GET" && method !== "HEAD"
      : response.status < 303 && method === "POST";
    if (dropsBody) {
      method = "GET";
      body = null;
      headers = headers.filter(([name]) => !BODY_HEADERS.has(name.toLowerCase()));
    } else if (body instanceof ReadableStream) {
      throw new TypeError("Cannot send a streamed body again after a redirect");
    }
    if (next.origin !== url.origin) headers = headers.filter(([name]) => !CREDENTIAL_HEADERS.has(name.toLowerCase()));
    url = next;
  }
}

type UndiciResponse = Awaited<ReturnType<typeof undiciFetch>>;

async function send(outbound: Outbound, request: OutboundRequest, url: URL): Promise<UndiciResponse> {
  try {
    return await undiciFetch(url, {
      method: request.method,
      headers: request.headers as [string, string][],
      body: request.body as BodyInit as never,
      ...(request.body instanceof ReadableStream ? { duplex: "half" as const } : {}),
      redirect: "manual",
      signal: request.signal,
      dispatcher: outbound.agent,
    });
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof OutboundRefused) throw cause;
    }
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new TypeError(`Cannot fetch ${url.origin}: ${messageOf(cause)}`, { cause: error });
  }
}

function answer(
  response: UndiciResponse,
  asked: { readonly method: string; readonly url: string; readonly redirected: boolean },
): OutboundResponse {
  const { status } = response;
  // undici has decoded the body; its coding and length are no longer true.
  const codings = (response.headers.get("content-encoding") ?? "").toLowerCase().split(",").map((one) => one.trim());
  const decoded = asked.method !== "HEAD" && !NULL_BODY_STATUSES.has(status) &&
    codings.every((coding) => DECODED.has(coding));
  const headers = [...response.headers].filter(([name]) =>
    !decoded || (name !== "content-encoding" && name !== "content-length")
  );
  return {
    status,
    statusText: response.statusText,
    url: asked.url,
    redirected: asked.redirected,
    headers,
    body: response.body as ReadableStream<Uint8Array> | null,
  };
}

function parseLocation(location: string, base: URL): URL {
  try {
    const next = new URL(location, base);
    if (next.hash === "") next.hash = base.hash;
    return next;
  } catch (error) {
    throw new TypeError(`Cannot follow a redirect from ${base.origin}: its Location is no URL`, { cause: error });
  }
}
