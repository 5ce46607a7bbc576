/** The next request of a redirect for a body that is at hand but was sent as a stream: the host has not kept it. */
import { bare } from "../../protocol/bare.ts";
import type { HeaderList } from "../../protocol/header_block.ts";
import {
  BODY_HEADERS,
  CREDENTIAL_HEADERS,
  dropsBody,
  MAX_REDIRECTS,
  REDIRECT_STATUSES,
} from "../../protocol/redirects.ts";
import { blobInternals } from "../bodies/blob.ts";
import { makeRequest } from "../bodies/body_sources.ts";
import type { KnownBody } from "../bodies/known_body.ts";

const NativeTypeError = TypeError;
const NativeURL = URL;
const NativeTextDecoder = TextDecoder;
const NativeUint8Array = Uint8Array;

/** A request whose redirects are followed in the isolate. */
export interface Followed {
  readonly request: Request;
  readonly body: KnownBody;
  /** Redirects before it. */
  readonly redirects: number;
}

/**
 * The request that a redirect asks for (https://fetch.spec.whatwg.org/#concept-http-redirect-fetch); null when the
 * answer is no redirect. Where it drops the body, the host follows what comes after.
 * @throws {TypeError} when it cannot be followed
 */
export function requestAfter(
  { request, body, redirects }: Followed,
  status: number,
  headers: HeaderList,
): Request | null {
  if (!REDIRECT_STATUSES.has(status)) return null;
  const location = headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  if (location === undefined) return null;
  if (redirects >= MAX_REDIRECTS) throw new NativeTypeError(`Cannot follow more than ${MAX_REDIRECTS} redirects`);
  const from = new NativeURL(request.url);
  const next = NativeURL.parse(textOf(location), from.href);
  if (next === null) throw new NativeTypeError(`Cannot follow a redirect from ${from.origin}: its Location is no URL`);
  if (next.protocol !== "http:" && next.protocol !== "https:") {
    throw new NativeTypeError(`Cannot fetch "${next.protocol}": only http and https URLs can be fetched`);
  }
  if (next.hash === "") next.hash = from.hash;
  const isDropped = dropsBody(status, request.method);
  const dropped = [...next.origin === from.origin ? [] : CREDENTIAL_HEADERS, ...isDropped ? BODY_HEADERS : []];
  const init = {
    method: isDropped ? "GET" : request.method,
    headers: [...request.headers].filter(([name]) => !dropped.includes(name)),
    signal: request.signal,
    // Its type stands in the headers.
    ...(isDropped ? {} : { body: blobInternals.create(body.parts, "") as unknown as Blob }),
  };
  return makeRequest([next.href, bare(init)]);
}

/** A Location is bytes, mostly ASCII, and UTF-8 beyond (https://fetch.spec.whatwg.org/#concept-response-location-url). */
function textOf(binary: string): string {
  return new NativeTextDecoder().decode(NativeUint8Array.from(binary, (char) => char.charCodeAt(0)));
}
