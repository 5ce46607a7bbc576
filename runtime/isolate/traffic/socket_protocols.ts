/** What a WebSocket may ask for as subprotocols: https://websockets.spec.whatwg.org/#dom-websocket-websocket */
import { headersGet, matches, requestHeaders, stringToLowerCase, stringTrim } from "../../protocol/primordials.ts";
import { SafeSet } from "../../protocol/safe_collections.ts";
import { mapList, splitText } from "../../protocol/safe_lists.ts";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a request asks for. */
export function protocolsOf(request: Request): string[] {
  const offered = headersGet(requestHeaders(request), "sec-websocket-protocol") ?? "";
  return offered === "" ? [] : mapList(splitText(offered, ","), (one) => stringTrim(one));
}

/** Whether they are tokens, none of them twice whatever its case. */
export function areProtocols(list: readonly string[]): boolean {
  const seen = new SafeSet<string>();
  for (let at = 0; at < list.length; at++) {
    if (!matches(TOKEN, list[at]!)) return false;
    seen.add(stringToLowerCase(list[at]!));
  }
  return seen.size === list.length;
}
