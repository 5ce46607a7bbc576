/** Takes a text from an isolate, whose word is not to be trusted. */

/** Longest text taken from an isolate: its own code sends less, and the host's log must not be filled by forgery. */
const MAX_TEXT_CHARS = 32 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The text, cut to a length; empty when it is none. */
export function textFrom(value: unknown): string {
  if (typeof value !== "string") return "";
  if (value.length <= MAX_TEXT_CHARS) return value;
  // A slice would keep the whole string alive for as long as a log buffer keeps the line.
  return decoder.decode(encoder.encode(value.slice(0, MAX_TEXT_CHARS)));
}
