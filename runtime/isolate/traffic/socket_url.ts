/** The address of a WebSocket, as the standard has it. */
import {
  apply,
  NativeDOMException,
  NativeString,
  NativeURL,
  stringEndsWith,
  stringify,
  urlHash,
  urlHref,
  urlProtocol,
} from "../../protocol/primordials.ts";

const protocolSetter = Object.getOwnPropertyDescriptor(URL.prototype, "protocol")!.set!;

/**
 * The URL that a socket connects to.
 * @throws {DOMException} SyntaxError when it is none
 */
export function parseSocketUrl(given: string | URL): string {
  let url: URL;
  try {
    url = new NativeURL(given);
  } catch {
    throw new NativeDOMException(`Cannot connect: ${stringify(NativeString(given))} is no URL`, "SyntaxError");
  }
  if (urlProtocol(url) === "http:") setProtocol(url, "ws:");
  if (urlProtocol(url) === "https:") setProtocol(url, "wss:");
  if (urlProtocol(url) !== "ws:" && urlProtocol(url) !== "wss:") {
    throw new NativeDOMException(
      `Cannot connect: the scheme "${urlProtocol(url)}" is none of a WebSocket`,
      "SyntaxError",
    );
  }
  if (urlHash(url) !== "" || stringEndsWith(urlHref(url), "#")) {
    throw new NativeDOMException("Cannot connect: a WebSocket URL has no fragment", "SyntaxError");
  }
  return urlHref(url);
}

function setProtocol(url: URL, protocol: string): void {
  apply(protocolSetter, url, [protocol]);
}
