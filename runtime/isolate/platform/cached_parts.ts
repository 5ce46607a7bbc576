/** What a cache makes of Requests and Responses, and they of what it keeps. */
import { bare } from "../../protocol/bare.ts";
import {
  bytesLength,
  bytesSet,
  headersForEach,
  isUint8Array,
  matches,
  NativeDOMException,
  NativeRequest,
  NativeResponse,
  NativeTypeError,
  NativeUint8Array,
  readerCancel,
  readerRead,
  requestUrl,
  streamReader,
  stringIndexOf,
  stringSlice,
} from "../../protocol/primordials.ts";
import { append, mapList, selfIterating } from "../../protocol/safe_lists.ts";
import { withoutBase } from "../traffic/relative_urls.ts";
import type { CachedAnswer } from "./cached_answer.ts";

const HTTP_URL = /^https?:/;

/** @throws {TypeError} for what is no HTTP request */
// deno-lint-ignore require-await -- a failure must be a rejection
export async function cacheableRequest(input: RequestInfo | URL, action: string): Promise<Request> {
  const request = input instanceof NativeRequest ? input : withoutBase(() => new NativeRequest(input));
  if (!matches(HTTP_URL, requestUrl(request))) {
    throw new NativeTypeError(`Cannot ${action} "${requestUrl(request)}": its scheme is not http(s)`);
  }
  return request;
}

/** The Response that an answer is. */
export function cachedResponse({ body, status, statusText, headers }: CachedAnswer): Response {
  return new NativeResponse(body, bare({ status, statusText, headers: iterable(headers) }));
}

/** Pairs as native code may take them. */
export function iterable(pairs: readonly (readonly [string, string])[]): [string, string][] {
  return selfIterating(mapList(pairs, (pair) => selfIterating([pair[0], pair[1]]) as [string, string]));
}

/** The URL of a request without its fragment. */
export function cacheKeyOf(request: Request): string {
  const url = requestUrl(request);
  const fragment = stringIndexOf(url, "#");
  return fragment < 0 ? url : stringSlice(url, 0, fragment);
}

/** Headers as pairs. */
export function listOfHeaders(headers: Headers): [string, string][] {
  const list: [string, string][] = [];
  headersForEach(headers, (value, name) => append(list, [name, value]));
  return list;
}

/** @throws {DOMException} when it is too long for the cache */
export async function readCacheBody(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (body === null) return null;
  const reader = streamReader(body);
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (true) {
    const { done, value } = await readerRead(reader);
    if (done) break;
    if (!isUint8Array(value)) throw new NativeTypeError("Cannot put a stream chunk that is no Uint8Array");
    size += bytesLength(value);
    if (size > maxBytes) {
      const error = cacheFull(maxBytes);
      await readerCancel(reader, error);
      throw error;
    }
    append(chunks, value);
  }
  const whole = new NativeUint8Array(size);
  let end = 0;
  for (let at = 0; at < chunks.length; at++) {
    bytesSet(whole, chunks[at]!, end);
    end += bytesLength(chunks[at]!);
  }
  return whole;
}

/** What `put` throws for a response that does not fit. */
export function cacheFull(maxBytes: number): DOMException {
  return new NativeDOMException(
    `Cannot put the response: the app's caches hold ${maxBytes} bytes`,
    "QuotaExceededError",
  );
}
