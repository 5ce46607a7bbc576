/** `fetch` over a call of a binding: the request as its arguments, the response as its answer. */
import type { BindingPort, CallAnswer, FetchArgs, FetchedValues } from "../../protocol/binding_call.ts";
import { joinHeaders, splitHeaders } from "../../protocol/header_block.ts";
import { innerSlots } from "../../protocol/inner_slots.ts";
import { bare } from "../../protocol/bare.ts";
import {
  NativeReadableStream,
  promiseThen,
  rejected,
  requestBody,
  requestHeaders,
  requestMethod,
  requestUrl,
  signalOf,
} from "../../protocol/primordials.ts";
import { makeRequest, makeResponse } from "../bodies/body_sources.ts";
import { currentDepth } from "./call_depth.ts";
import { withoutBase } from "./relative_urls.ts";

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
    return rejected(error);
  }
  const body = innerSlots === null ? requestBody(request) : innerSlots.takeRequestBody(innerSlots.request(request));
  const url = requestUrl(request);
  const args: FetchArgs = [requestMethod(request), url, joinHeaders(requestHeaders(request)), currentDepth()];
  // The request has made its own of the app's bytes.
  const answered = call("fetch", args, bare({ body, isOwn: true, signal: signalOf(request) }));
  return promiseThen(answered, (answer: CallAnswer) => responseOf(url, answer));
}

function responseOf(url: string, { values, body }: CallAnswer): Response {
  const status = values[0] as FetchedValues[0];
  const headers = splitHeaders(values[1] as FetchedValues[1]);
  if (innerSlots !== null && (body === null || body instanceof NativeReadableStream)) {
    return innerSlots.makeFetched({ status, statusText: "", headers, body, url, redirected: false });
  }
  return makeResponse([body, bare({ status, headers })]);
}
