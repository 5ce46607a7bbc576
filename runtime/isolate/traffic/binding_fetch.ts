/** `fetch` over a call of a binding: the request as its arguments, the response as its answer. */
import type { BindingPort, CallAnswer, FetchArgs, FetchedValues } from "../../protocol/binding_call.ts";
import { joinHeaders, splitHeaders } from "../../protocol/header_block.ts";
import { innerSlots } from "../../protocol/inner_slots.ts";
import { bare } from "../../protocol/bare.ts";
import { makeRequest, makeResponse } from "../bodies/body_sources.ts";
import { withoutBase } from "./relative_urls.ts";

const NativePromise = Promise;
const NativeReadableStream = ReadableStream;
const { apply } = Reflect;
const { then } = Promise.prototype;

/** Takes what `fetch` takes. */
export function fetchThrough(
  call: BindingPort["call"],
  input: RequestInfo | URL,
  init: RequestInit | undefined,
): Promise<Response> {
  let request: Request;
  try {
    request = withoutBase(() => makeRequest([input, init]));
  } catch (error) {
    return NativePromise.reject(error);
  }
  const body = innerSlots === null ? request.body : innerSlots.takeRequestBody(innerSlots.request(request));
  const { method, url, signal } = request;
  const args: FetchArgs = [method, url, joinHeaders(request.headers)];
  return apply(then, call("fetch", args, bare({ body, signal })), [(answer: CallAnswer) => responseOf(url, answer)]);
}

function responseOf(url: string, { values, body }: CallAnswer): Response {
  const status = values[0] as FetchedValues[0];
  const headers = splitHeaders(values[1] as FetchedValues[1]);
  if (innerSlots !== null && (body === null || body instanceof NativeReadableStream)) {
    return innerSlots.makeFetched({ status, statusText: "", headers, body, url, redirected: false });
  }
  return makeResponse([body, bare({ status, headers })]);
}
