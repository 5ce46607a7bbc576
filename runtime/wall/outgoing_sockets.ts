/** The WebSockets that an app opens itself. */
import { messageOf } from "../errors.ts";
import type { Untrusted } from "../protocol/batch.ts";
import { splitHeaders } from "../protocol/header_block.ts";
import type { OperationFields } from "../protocol/operations.ts";
import { WireViolation } from "../protocol/wire.ts";
import type { SocketBridge } from "./socket_bridge.ts";
import { connectOut } from "./socket_opening.ts";
import { textFrom } from "./text_from.ts";
import type { Traffic } from "./traffic.ts";

/** A server that an app has connected to is granted as much as a client. */
const OUTGOING_STALL_MS = 60_000;
/** WebSockets of one isolate at once, both ways. */
const MAX_SOCKETS = 10_000;

/** Connects one app. */
export class OutgoingSockets {
  readonly #sockets: SocketBridge;
  readonly #traffic: Traffic;

  constructor(sockets: SocketBridge, traffic: Traffic) {
    this.#sockets = sockets;
    this.#traffic = traffic;
  }

  /**
   * Ids of outgoing sockets are far below those of outgoing requests, so none can meet a client's.
   * @throws {WireViolation} when this is no such id
   */
  connect([id, url, protocols, headers]: Untrusted<OperationFields["SOCKET_CONNECT"]>): void {
    if (typeof id !== "number" || !Number.isInteger(id) || id >= 0) {
      throw new WireViolation("an outgoing socket without an id");
    }
    const { app, outbound, observer } = this.#traffic;
    try {
      if (this.#sockets.size >= MAX_SOCKETS) {
        throw new TypeError(`Cannot connect: ${MAX_SOCKETS} sockets are open already`);
      }
      const names = textFrom(protocols);
      const socket = connectOut(app, outbound, {
        url: textFrom(url),
        protocols: names === "" ? [] : names.split(","),
        headers: splitHeaders(textFrom(headers)),
      });
      this.#sockets.join(id, socket, { writeStallMs: OUTGOING_STALL_MS, onClosed() {} });
    } catch (error) {
      observer.onLog("warn", messageOf(error));
      this.#sockets.refuse(id);
    }
  }
}
