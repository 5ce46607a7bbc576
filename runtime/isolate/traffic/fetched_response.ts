/** A response as fetch gives it: with its URL, and headers that nobody changes. */
import { bare } from "../../protocol/bare.ts";
import { type FetchedParts, innerSlots } from "../../protocol/inner_slots.ts";
import { defineProperty, NativeResponse } from "../../protocol/primordials.ts";

/** @throws {RangeError} for a status that no response has */
export function fetchedResponse(parts: FetchedParts): Response {
  if (innerSlots !== null) return innerSlots.makeFetched(parts);
  const { status, statusText, headers, body, url, redirected } = parts;
  const response = new NativeResponse(body as BodyInit | null, bare({ status, statusText, headers }));
  defineProperty(response, "url", bare({ value: url }));
  defineProperty(response, "redirected", bare({ value: redirected }));
  return response;
}
