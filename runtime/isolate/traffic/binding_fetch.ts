/** `fetch` over a call of a binding: the request as its arguments, the response as its answer. */
import type { BindingPort, CallBody, FetchArgs, FetchedValues } from "../../protocol/binding_call.ts";
import { type HeaderList, joinHeaders, splitHeaders } from "../../protocol/header_block.ts";
import { innerSlots } from "../../protocol/inner_slots.ts";
import { bare } from "../../protocol/bare.ts";
import {
  defineMember,
  hasOwn,
  isUint8Array,
  NativeReadableStream,
  NativeTypeError,
  promiseThen,
  rejected,
  requestBody,
  requestHeaders,
  requestMethod,
  requestRedirect,
  requestUrl,
  signalOf,
  streamCancel,
} from "../../protocol/primordials.ts";
import { isRedirect } from "../../protocol/redirects.ts";
import { knownBodyOf, makeRequest } from "../bodies/body_sources.ts";
import type { KnownBody } from "../bodies/known_body.ts";
import { currentDepth } from "./call_depth.ts";
import { fetchedResponse } from "./fetched_response.ts";
import { knownBytes } from "./long_body.ts";
import { withoutBase } from "./relative_urls.ts";
import { requestAfter } from "./sent_again.ts";

/** Takes what `fetch` takes. Redirects lead to the same binding, whatever their host. */
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
  return ask(call, request, 0);
}

/** @param redirects that led to the request */
function ask(call: BindingPort["call"], request: Request, redirects: number): Promise<Response> {
  const body = innerSlots === null ? requestBody(request) : innerSlots.takeRequestBody(innerSlots.request(request));
  const url = requestUrl(request);
  const args: FetchArgs = [requestMethod(request), url, joinHeaders(requestHeaders(request)), currentDepth()];
  // The request has made its own of the app's bytes.
  const answered = call("fetch", args, bare({ body, isOwn: true, signal: signalOf(request) }));
  return promiseThen(answered, (answer) => {
    const status = answer.values[0] as FetchedValues[0];
    const headers = splitHeaders(answer.values[1] as FetchedValues[1]);
    const next = isRedirect(status) ? nextOf(request, { status, headers, body, redirects }) : null;
    if (next === null) {
      return fetchedResponse({ status, statusText: "", headers, body: answer.body, url, redirected: redirects > 0 });
    }
    // Nobody reads what a redirect says.
    if (answer.body instanceof NativeReadableStream) promiseThen(streamCancel(answer.body), undefined, () => {});
    return ask(call, next, redirects + 1);
  }, markThrown);
}

/** Where a redirect leads, for a request that follows it; null for one that takes it as its answer. */
function nextOf(
  request: Request,
  { status, headers, body, redirects }: {
    readonly status: number;
    readonly headers: HeaderList;
    readonly body: CallBody;
    readonly redirects: number;
  },
): Request | null {
  const mode = requestRedirect(request);
  if (mode === "manual") return null;
  if (mode === "error") {
    throw new NativeTypeError(`Cannot fetch "${requestUrl(request)}": it redirects, which "redirect" says is an error`);
  }
  let known: KnownBody | null = null;
  if (typeof body === "string" || isUint8Array(body)) known = knownBytes(body);
  else if (body !== null) known = knownBodyOf(request);
  return requestAfter({ request, body: known, hasBody: body !== null, redirects }, status, headers);
}

/** An error of the other app says so, as on Workers. */
function markThrown(error: unknown): never {
  if (typeof error === "object" && error !== null && hasOwn(error, "code")) {
    if ((error as { code: unknown }).code === "APP_EXCEPTION") defineMember(error, "remote", true, true);
  }
  throw error;
}
