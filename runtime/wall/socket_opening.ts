/** Opens an app's WebSockets while there are descriptors for them: no app may take what the others need. */
import type { AppCall, HostSocket } from "../terms/app_call.ts";
import { descriptors, type DescriptorUser } from "../machine/descriptors.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { OutboundCalls, SocketTarget } from "./outbound_bridge.ts";

/**
 * Takes a client's connection over.
 * @throws {NanoError} APP_OVERLOADED when there is no descriptor for it, APP_BAD_RESPONSE when it cannot be taken over
 */
export function takeOver(app: string, call: AppCall, headers: string): HostSocket {
  const client = call.remote.slice(0, call.remote.lastIndexOf(" "));
  try {
    return withDescriptor({ app, client }, () => call.upgrade(headers));
  } catch (error) {
    const code = error instanceof NoDescriptor ? "APP_OVERLOADED" : "APP_BAD_RESPONSE";
    const text = `Cannot upgrade the connection of app "${app}": ${messageOf(error)}`;
    throw new NanoError(code, text, { cause: error });
  }
}

/**
 * Opens a connection of the app's own.
 * @throws {TypeError} when its policy forbids it, or there is no descriptor
 */
export function connectOut(app: string, outbound: OutboundCalls, target: SocketTarget): HostSocket {
  return withDescriptor({ app, client: null }, () => outbound.connect(target));
}

class NoDescriptor extends TypeError {
  override readonly name = "TypeError";
}

function withDescriptor(user: DescriptorUser, open: () => HostSocket): HostSocket {
  const giveBack = descriptors.take(user);
  if (typeof giveBack === "string") throw new NoDescriptor(`Cannot open a WebSocket: ${giveBack}`);
  try {
    const socket = open();
    // At its own end, not that of the request: Deno keeps a connection whose client reads nothing.
    socket.addEventListener("close", giveBack);
    return socket;
  } catch (error) {
    giveBack();
    throw error;
  }
}
