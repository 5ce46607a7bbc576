/** Workers' way to a WebSocket with headers of one's own: a fetch that asks for it, answered by a 101 with `webSocket`. */
import { bare } from "../../protocol/bare.ts";
import {
  headersGet,
  requestHeaders,
  requestMethod,
  requestUrl,
  signalAborted,
  signalOf,
  signalReason,
  stringStartsWith,
  stringToLowerCase,
  targetForget,
  targetListen,
} from "../../protocol/primordials.ts";
import { splitText } from "../../protocol/safe_lists.ts";
import { withTrace } from "./request_trace.ts";
import type { SocketHub } from "./socket_hub.ts";
import { areProtocols, protocolsOf } from "./socket_protocols.ts";
import { parseSocketUrl } from "./socket_url.ts";

/** What becomes of it. */
export interface FetchedSocket {
  readonly resolve: (response: Response) => void;
  readonly reject: (reason: unknown) => void;
  /** The server does not switch, or cannot be reached: an ordinary request tells why. */
  readonly onRefused: () => void;
}

/** Whether a request wants a WebSocket. */
export function wantsSocket(request: Request): boolean {
  const wanted = headersGet(requestHeaders(request), "upgrade");
  return wanted !== null && stringToLowerCase(wanted) === "websocket" && requestMethod(request) === "GET" &&
    stringStartsWith(requestUrl(request), "http");
}

/** Connects. */
export function fetchSocket(hub: SocketHub, request: Request, { resolve, reject, onRefused }: FetchedSocket): void {
  const signal = signalOf(request);
  if (signalAborted(signal)) return reject(signalReason(signal));
  const protocols = protocolsOf(request);
  if (!areProtocols(protocols)) return onRefused();
  const url = parseSocketUrl(splitText(requestUrl(request), "#")[0]!);
  const { socket, giveUp } = hub.connectEnd(
    { url, protocols, headers: withTrace(requestHeaders(request)) },
    (stands) => {
      targetForget(signal, "abort", onAbort);
      if (signalAborted(signal)) return;
      if (!stands) return onRefused();
      const { protocol } = socket;
      resolve(hub.respondWith(socket, protocol === "" ? undefined : bare({ "sec-websocket-protocol": protocol })));
    },
  );
  const onAbort = () => {
    giveUp();
    reject(signalReason(signal));
  };
  targetListen(signal, "abort", onAbort, bare({ once: true }));
}
