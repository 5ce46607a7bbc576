/** Makes Requests and Responses of bodies that Deno's classes do not know: the isolate's own Blob and FormData. */
import { innerSlots } from "../../protocol/inner_slots.ts";
import { NativeRangeError, requestUrl, responseStatus, stringStartsWith } from "../../protocol/primordials.ts";
import { SafeWeakMap } from "../../protocol/safe_collections.ts";
import type { AppBlob } from "./blob.ts";
import { blobStream } from "./blob_stream.ts";
import { joinParts } from "./byte_parts.ts";
import { requireRoom } from "./external_room.ts";
import { requestInput } from "./request_input.ts";
import { isWorkersProject, noteRequest, noteResponse, standardBody, standardInit } from "./workers_requests.ts";
import { isKnownBody, type KnownBody, knownBody } from "./known_body.ts";
import { blobOfUrl, hasObjectUrls } from "./object_urls.ts";

/**
 * Up to this size a body is copied and goes over the wall whole, so that its length is known and it can be sent again
 * with no further word; beyond, it is a stream. As much as a stream may have under way unread (protocol/wire.ts).
 */
const WHOLE_BYTES = 1024 * 1024;

const NativeTypeError = TypeError;
const NativeRequest = Request;
const NativeResponse = Response;
const { apply, construct } = Reflect;
const { create, getOwnPropertyDescriptor } = Object;
const { has, append } = Headers.prototype;
const requestHeaders = getOwnPropertyDescriptor(Request.prototype, "headers")!.get!;
const responseHeaders = getOwnPropertyDescriptor(Response.prototype, "headers")!.get!;

/** The class that a subclass of an app is constructed as. */
type NewTarget = new (...given: never[]) => unknown;

/** Status of a response that hands a WebSocket over. */
export const SWITCHING = 101;

/**
 * `new Response(...given)` for any body.
 * @throws {RangeError} for a status of 101, which Deno's class takes (https://fetch.spec.whatwg.org/#initialize-a-response)
 */
export function makeResponse(given: ArrayLike<unknown>, newTarget: NewTarget = NativeResponse): Response {
  const response = notedResponse(given, newTarget);
  if (response instanceof NativeResponse && responseStatus(response) === SWITCHING) {
    throw new NativeRangeError(`Failed to construct 'Response': the status ${SWITCHING} wants a webSocket`);
  }
  return response;
}

function notedResponse(given: ArrayLike<unknown>, newTarget: NewTarget): Response {
  if (given.length < 2 || !isWorkersProject()) return standardResponse(given, newTarget);
  return noteResponse(standardResponse([standardBody(given[0], given[1]), given[1]], newTarget), given[1]);
}

function standardResponse(given: ArrayLike<unknown>, newTarget: NewTarget): Response {
  const known = given.length === 0 ? null : knownBody(given[0]);
  if (known === null) return construct(NativeResponse, given, newTarget) as Response;
  const response = construct(NativeResponse, [contentOf(known), given[1]], newTarget) as Response;
  setType(apply(responseHeaders, response, []) as Headers, known);
  innerSlots?.noteSource(response, known);
  return response;
}

/** `new Request(...given)` for any body. */
export function makeRequest(given: ArrayLike<unknown>, newTarget: NewTarget = NativeRequest): Request {
  if (given.length === 0 || !isWorkersProject()) return standardRequest(given, newTarget);
  return noteRequest(standardRequest([given[0], standardInit(given[1])], newTarget), given[0], given[1]);
}

function standardRequest(given: ArrayLike<unknown>, newTarget: NewTarget): Request {
  const init = given[1];
  const isObject = (typeof init === "object" && init !== null) || typeof init === "function";
  const known = isObject ? knownBody((init as RequestInit).body) : null;
  if (isObject) requireHalfDuplex((init as { duplex?: unknown }).duplex);
  if (known === null) {
    // As many arguments as were given: a missing one is the constructor's to refuse.
    const whole = given.length === 0
      ? given
      : given.length === 1
      ? [requestInput(given[0])]
      : [requestInput(given[0]), init];
    return noteObjectUrl(construct(NativeRequest, whole, newTarget) as Request, given[0]);
  }
  // Other members, getters included, are read through the original.
  const body = { __proto__: null, value: contentOf(known), enumerable: true } as PropertyDescriptor;
  const derived = create(init as object, { __proto__: null, body } as unknown as PropertyDescriptorMap);
  const request = construct(NativeRequest, [requestInput(given[0]), derived], newTarget) as Request;
  setType(apply(requestHeaders, request, []) as Headers, known);
  innerSlots?.noteSource(request, known);
  return noteObjectUrl(request, given[0]);
}

/** The one value of https://fetch.spec.whatwg.org/#enumdef-requestduplex. */
function requireHalfDuplex(duplex: unknown): void {
  if (duplex === undefined || `${duplex}` === "half") return;
  throw new NativeTypeError(`Failed to construct 'Request': "${duplex}" is no value of RequestDuplex`);
}

/** Blobs that Requests had by their URL when they were made: https://url.spec.whatwg.org/#concept-url-blob-entry. */
const requestedBlobs = new SafeWeakMap<Request, AppBlob>();

function noteObjectUrl(request: Request, input: unknown): Request {
  if (!hasObjectUrls()) return request;
  const url = requestUrl(request);
  if (!stringStartsWith(url, "blob:")) return request;
  const blob = requestedBlob(input) ?? blobOfUrl(url);
  if (blob !== undefined) requestedBlobs.set(request, blob);
  return request;
}

/** The Blob that a Request asks for by its `blob:` URL; undefined when the URL was not in force at its making. */
export function requestedBlob(request: unknown): AppBlob | undefined {
  return requestedBlobs.get(request as Request);
}

/** What the body of a Request or Response was made of, as long as it was not used; its clones have it too. */
export function knownBodyOf(holder: Request | Response): KnownBody | null {
  const source = innerSlots === null ? null : innerSlots.sourceOf(holder);
  return isKnownBody(source) ? source : null;
}

function contentOf(known: KnownBody): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  if (known.size > WHOLE_BYTES) return blobStream(known.parts);
  // Deno copies it, so that the Blob's own bytes stay its own.
  if (known.parts.length === 1) return known.parts[0]!;
  requireRoom(known.size, "a body");
  return joinParts(known.parts, known.size);
}

function setType(headers: Headers, { type }: KnownBody): void {
  if (type !== "" && !apply(has, headers, ["content-type"])) apply(append, headers, ["content-type", type]);
}
