/** A socket in a test's hand. */
import type { HostSocket } from "../../../runtime/terms/app_call.ts";

/** Fits HostSocket; the test opens it, lets messages arrive and closes it. */
export class FakeSocket implements HostSocket {
  readonly #events = new EventTarget();
  readyState = 0;
  bufferedAmount = 0;
  protocol = "";
  binaryType: BinaryType = "blob";
  readonly sent: (string | ArrayBuffer)[] = [];
  readonly closes: [number | undefined, string | undefined][] = [];

  open(protocol = ""): void {
    this.protocol = protocol;
    this.readyState = 1;
    this.#events.dispatchEvent(new Event("open"));
  }

  arrive(data: string | ArrayBuffer): void {
    this.#events.dispatchEvent(new MessageEvent("message", { data }));
  }

  /** The connection has ended. */
  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.#events.dispatchEvent(new CloseEvent("close", { code, reason }));
  }

  send(data: string | ArrayBuffer): void {
    this.sent.push(data);
  }

  close(code?: number, reason?: string): void {
    // As the standard has it for every WebSocket.
    if (code !== 1000 && !(code! >= 3000 && code! <= 4999)) throw new DOMException("bad code", "InvalidAccessError");
    this.closes.push([code, reason]);
    this.readyState = 2;
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#events.addEventListener(type, listener as EventListener);
  }
}
