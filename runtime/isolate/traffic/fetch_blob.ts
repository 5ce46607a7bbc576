/** fetch of `blob:` URLs: https://fetch.spec.whatwg.org/#scheme-fetch. */
import type { HeaderList } from "../../protocol/header_block.ts";
import {
  headersGet,
  NativeTypeError,
  requestHeaders,
  requestMethod,
  requestUrl,
  signalAborted,
  signalOf,
  signalReason,
} from "../../protocol/primordials.ts";
import { blobInternals } from "../bodies/blob.ts";
import { blobStream } from "../bodies/blob_stream.ts";
import { requestedBlob } from "../bodies/body_sources.ts";
import { byteRangeOf } from "../bodies/byte_range.ts";
import { sliceParts } from "../bodies/byte_parts.ts";
import { fetchedResponse } from "./fetched_response.ts";

/** Answers from the Blob that the request's URL named when it was made. */
// deno-lint-ignore require-await -- a failure must be a rejection
export async function fetchBlob(request: Request): Promise<Response> {
  const signal = signalOf(request);
  if (signalAborted(signal)) throw signalReason(signal);
  const url = requestUrl(request);
  const isGet = requestMethod(request) === "GET";
  const blob = requestedBlob(request);
  if (!isGet || blob === undefined) {
    throw new NativeTypeError(`Cannot fetch "${url}": ${isGet ? "it is not in force" : "only by GET"}`);
  }
  const size = blobInternals.sizeOf(blob);
  const type = blobInternals.typeOf(blob);
  const parts = blobInternals.partsOf(blob);
  const asked = headersGet(requestHeaders(request), "range");
  if (asked === null) {
    return answer(url, 200, [["content-length", `${size}`], ["content-type", type]], blobStream(parts));
  }
  const range = byteRangeOf(asked, size);
  if (typeof range === "string") throw new NativeTypeError(`Cannot fetch "${url}": its range "${asked}" is ${range}`);
  const { first, last } = range;
  return answer(url, 206, [
    ["content-length", `${last - first + 1}`],
    ["content-type", type],
    ["content-range", `bytes ${first}-${last}/${size}`],
  ], blobStream(sliceParts(parts, first, last + 1)));
}

function answer(url: string, status: 200 | 206, headers: HeaderList, body: ReadableStream<Uint8Array>): Response {
  const statusText = status === 200 ? "OK" : "Partial Content";
  return fetchedResponse({ status, statusText, headers, body, url, redirected: false });
}
