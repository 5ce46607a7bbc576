/** The next request of a redirect for a body that is at hand but was sent as a stream: the host has not kept it. */
import { bare } from "../../protocol/bare.ts";
import type { HeaderList } from "../../protocol/header_block.ts";
import { blobInternals } from "../bodies/blob.ts";
import { makeRequest } from "../bodies/body_sources.ts";
import type { KnownBody } from "../bodies/known_body.ts";

/** Most redirects, as the Fetch standard has it. */
const MAX_REDIRECTS = 20;
/** Headers that must not follow a redirect to another origin. */
const CREDENTIAL_HEADERS = ["authorization", "cookie", "proxy-authorization", "host"];
/** Headers that describe a body which a redirect drops. */
const BODY_HEADERS = ["content-encoding", "content-language", "content-location", "content-type", "content-length"];

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
  if (status !== 301 && status !== 302 && status !== 303 && status !== 307 && status !== 308) return null;
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
  const dropsBody = status === 303 || (status < 303 && request.method === "POST");
  const dropped = [...next.origin === from.origin ? [] : CREDENTIAL_HEADERS, ...dropsBody ? BODY_HEADERS : []];
  const init = {
    method: dropsBody ? "GET" : request.method,
    headers: [...request.headers].filter(([name]) => !dropped.includes(name)),
    signal: request.signal,
    // Its type stands in the headers.
    ...(dropsBody ? {} : { body: blobInternals.create(body.parts, "") as unknown as Blob }),
  };
  return makeRequest([next.href, bare(init)]);
}

/** A Location is bytes, mostly ASCII, and UTF-8 beyond (https://fetch.spec.whatwg.org/#concept-response-location-url). */
function textOf(binary: string): string {
  return new NativeTextDecoder().decode(NativeUint8Array.from(binary, (char) => char.charCodeAt(0)));
}
