/**
 * The parts of undici that are used, each loaded for the first app that needs it: requests take 0.07 s of CPU, WebSockets
 * 0.04 s more, and all of undici 0.16 s, a sixth of a start. Most hosts that have just started ask nobody, and those of
 * tests never do.
 */
import type * as Undici from "undici";

/** What requests go through. */
export type RequestParts = Pick<typeof Undici, "Agent" | "buildConnector">;

let requestParts: RequestParts | null = null;
let webSocket: typeof Undici.WebSocket | null = null;

/** Loads what requests go through, once for all. */
export async function loadRequests(): Promise<void> {
  if (requestParts !== null) return;
  const [{ default: Agent }, { default: buildConnector }] = await Promise.all([
    import("undici/lib/dispatcher/agent.js"),
    import("undici/lib/core/connect.js"),
  ]);
  requestParts ??= { Agent, buildConnector };
}

/** Loads WebSockets and the connections that they go through, once for all. */
export async function loadWebSockets(): Promise<void> {
  if (webSocket !== null) return;
  const [{ WebSocket }] = await Promise.all([import("undici/lib/web/websocket/websocket.js"), loadRequests()]);
  webSocket ??= WebSocket;
}

/** What was loaded for requests. */
export function requests(): RequestParts {
  if (requestParts === null) throw new Error("Cannot open connections before undici is loaded");
  return requestParts;
}

/** The class, or null while it is not loaded. */
export function webSocketClass(): typeof Undici.WebSocket | null {
  return webSocket;
}
