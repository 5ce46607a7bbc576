/** The address of a WebSocket, as the standard has it. */

/**
 * The URL that a socket connects to.
 * @throws {DOMException} SyntaxError when it is none
 */
export function parseSocketUrl(given: string | URL): string {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new DOMException(`Cannot connect: ${JSON.stringify(String(given))} is no URL`, "SyntaxError");
  }
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw new DOMException(`Cannot connect: the scheme "${url.protocol}" is none of a WebSocket`, "SyntaxError");
  }
  if (url.hash !== "" || url.href.endsWith("#")) {
    throw new DOMException("Cannot connect: a WebSocket URL has no fragment", "SyntaxError");
  }
  return url.href;
}
