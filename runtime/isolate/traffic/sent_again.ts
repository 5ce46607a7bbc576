/** The next request of a redirect for a body that is at hand but was sent as a stream: the host has not kept it. */
import { bare } from "../../protocol/bare.ts";
import type { HeaderList } from "../../protocol/header_block.ts";
import {
  decoderDecode,
  headersForEach,
  NativeTextDecoder,
  NativeTypeError,
  NativeUint8Array,
  NativeURL,
  requestHeaders,
  requestMethod,
  requestUrl,
  signalOf,
  stringCharCodeAt,
  stringToLowerCase,
  urlHash,
  urlHref,
  urlOrigin,
  urlProtocol,
} from "../../protocol/primordials.ts";
import { BODY_HEADERS, CREDENTIAL_HEADERS, dropsBody, isRedirect, MAX_REDIRECTS } from "../../protocol/redirects.ts";
import { append, findInList, listHas, selfIterating } from "../../protocol/safe_lists.ts";
import { blobInternals } from "../bodies/blob.ts";
import { makeRequest } from "../bodies/body_sources.ts";
import type { KnownBody } from "../bodies/known_body.ts";

const parseUrl = URL.parse.bind(URL);

/** A request whose redirects are followed in the isolate. */
export interface Followed {
  readonly request: Request;
  /** Null where it has none, or none that can be sent again. */
  readonly body: KnownBody | null;
  readonly hasBody: boolean;
  /** Redirects before it. */
  readonly redirects: number;
}

/**
 * The request that a redirect asks for (https://fetch.spec.whatwg.org/#concept-http-redirect-fetch); null when the
 * answer is no redirect. Where it drops the body, the host follows what comes after.
 * @throws {TypeError} when it cannot be followed
 */
export function requestAfter(
  { request, body, hasBody, redirects }: Followed,
  status: number,
  headers: HeaderList,
): Request | null {
  if (!isRedirect(status)) return null;
  const location = findInList(headers, (header) => stringToLowerCase(header[0]) === "location")?.[1];
  if (location === undefined) return null;
  if (redirects >= MAX_REDIRECTS) throw new NativeTypeError(`Cannot follow more than ${MAX_REDIRECTS} redirects`);
  const from = new NativeURL(requestUrl(request));
  const next = parseUrl(textOf(location), urlHref(from));
  if (next === null) {
    throw new NativeTypeError(`Cannot follow a redirect from ${urlOrigin(from)}: its Location is no URL`);
  }
  if (urlProtocol(next) !== "http:" && urlProtocol(next) !== "https:") {
    throw new NativeTypeError(`Cannot fetch "${urlProtocol(next)}": only http and https URLs can be fetched`);
  }
  const method = requestMethod(request);
  const isDropped = dropsBody(status, method);
  const isForeign = urlOrigin(next) !== urlOrigin(from);
  const kept: [string, string][] = [];
  headersForEach(requestHeaders(request), (value, name) => {
    if (isForeign && listHas(CREDENTIAL_HEADERS, name)) return;
    if (!(isDropped && listHas(BODY_HEADERS, name))) append(kept, selfIterating([name, value]) as [string, string]);
  });
  const url = urlHash(next) === "" ? urlHref(next) + urlHash(from) : urlHref(next);
  const common = { headers: selfIterating(kept), signal: signalOf(request) };
  if (isDropped) return makeRequest([url, bare({ ...common, method: "GET" })]);
  if (!hasBody) return makeRequest([url, bare({ ...common, method })]);
  if (body === null) {
    throw new NativeTypeError(`Cannot follow a redirect from ${urlOrigin(from)}: the body was a stream, which is gone`);
  }
  // The type of the body stands in the headers.
  return makeRequest([url, bare({ ...common, method, body: blobInternals.create(body.parts, "") })]);
}

/** A Location is bytes, mostly ASCII, and UTF-8 beyond (https://fetch.spec.whatwg.org/#concept-response-location-url). */
function textOf(binary: string): string {
  const bytes = new NativeUint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = stringCharCodeAt(binary, at);
  return decoderDecode(new NativeTextDecoder(), bytes);
}
