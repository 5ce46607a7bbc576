/** Headers, Request and Response as what crosses of them, and made again of that. */
import { bare } from "../../protocol/bare.ts";
import { joinHeaders, splitHeaders } from "../../protocol/header_block.ts";
import { innerSlots } from "../../protocol/inner_slots.ts";
import {
  NativeHeaders,
  NativeNumber,
  NativeRequest,
  NativeResponse,
  requestBody,
  requestHeaders,
  requestMethod,
  requestRedirect,
  requestUrl,
  responseBody,
  responseHeaders,
  responseStatus,
  responseStatusText,
  uncurry,
} from "../../protocol/primordials.ts";

const headersAppend = uncurry(Headers.prototype.append);

/** What crosses of one. */
export interface WebHolder {
  readonly tag: "H" | "Q" | "P";
  readonly fields: readonly string[];
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

/** Takes one apart; its body is used then. @throws {TypeError} when that was used before */
export function holderOf(
  value: Headers | Request | Response,
  kind: "headers" | "request" | "response",
): WebHolder {
  if (kind === "headers") return { tag: "H", fields: [joinHeaders(value as Headers)], body: null };
  if (kind === "request") {
    const request = value as Request;
    const body = innerSlots === null ? requestBody(request) : innerSlots.takeRequestBody(innerSlots.request(request));
    const fields = [
      requestUrl(request),
      requestMethod(request),
      requestRedirect(request),
      joinHeaders(requestHeaders(request)),
    ];
    return { tag: "Q", fields, body };
  }
  const response = value as Response;
  const fields = [
    `${responseStatus(response)}`,
    responseStatusText(response),
    joinHeaders(responseHeaders(response)),
  ];
  const body = innerSlots === null ? responseBody(response) : innerSlots.takeResponse(response)!.body;
  return { tag: "P", fields, body };
}

/** Headers of a block. */
export function headersOf(block: string): Headers {
  const headers = new NativeHeaders();
  const list = splitHeaders(block);
  for (let at = 0; at < list.length; at++) headersAppend(headers, list[at]![0], list[at]![1]);
  return headers;
}

/** Makes a Request of the fields of {@linkcode holderOf}. */
export function requestOf(fields: readonly string[], body: unknown): Request {
  const init = { method: fields[1], redirect: fields[2], headers: headersOf(fields[3]!), body, duplex: "half" };
  return new NativeRequest(fields[0]!, bare(init) as RequestInit);
}

/** Makes a Response. */
export function responseOf(fields: readonly string[], body: unknown): Response {
  const init = { status: NativeNumber(fields[0]), statusText: fields[1], headers: headersOf(fields[2]!) };
  return new NativeResponse(body as BodyInit | null, bare(init) as ResponseInit);
}
