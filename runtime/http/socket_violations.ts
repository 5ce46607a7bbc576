/** Tells a WebSocket client that breaks the protocol so: Deno would drop its connection without a close frame. */
// deno-lint-ignore-file no-explicit-any
import type { Clock } from "../clock.ts";

/** Close codes of RFC 6455, 7.4.1. */
const PROTOCOL_ERROR = 1002;
const INVALID_DATA = 1007;
const TOO_BIG = 1009;

/** The frame goes out in a later turn of Deno's loop, and whether it has gone is told nowhere. */
const FRAME_OUT_MS = 20;
/** Reading on for this long lets the client have the frame: a close with bytes unread would reset the connection. */
const LINGER_MS = 1_000;

const OPEN = 1;
const CLOSED = 3;

/** What Deno's reader complains of, and the code for it. What is not here is no violation, or answered by Deno. */
const COMPLAINTS: Readonly<Record<string, number>> = {
  "Reserved bits are not zero": PROTOCOL_ERROR,
  "Invalid value": PROTOCOL_ERROR,
  "Control frame must not be fragmented": PROTOCOL_ERROR,
  "Ping frame too large": PROTOCOL_ERROR,
  "Invalid continuation frame": PROTOCOL_ERROR,
  "Invalid fragment": PROTOCOL_ERROR,
  "Invalid close frame": PROTOCOL_ERROR,
  "Invalid UTF-8": INVALID_DATA,
  "Frame too large": TOO_BIG,
};

/** Where a WebSocket of Deno keeps what this needs. */
interface Slots {
  readonly rid: symbol;
  readonly state: symbol;
  readonly loop: symbol;
}

class Violation extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/**
 * Makes a client's socket that just was upgraded answer violations by a close frame. Deno reports them as an error and
 * lets go of the connection in the same turn; so the error is taken out of its loop, the frame is sent, and the loop
 * goes on until the client has closed. Where this Deno looks different, the connection drops as before.
 * @returns what ends the connection of a client whose message is too long, whatever it goes on to send
 */
export function answerViolations(socket: WebSocket, clock: Pick<Clock, "after">): () => void {
  const slots = slotsOf(socket);
  if (slots === null) return () => socket.close(TOO_BIG);
  const inner = socket as any;
  const loop = inner[slots.loop] as () => Promise<void>;
  let violated = false;
  let isOver = false;
  const drop = () => {
    inner[slots.state] = CLOSED;
    socket.dispatchEvent(new CloseEvent("close"));
    (Deno as any)[(Deno as any).internal]?.core?.tryClose?.(inner[slots.rid]);
  };
  Object.defineProperty(socket, "dispatchEvent", {
    value(event: Event): boolean {
      if (isOver || (violated && event.type !== "close")) return false;
      if (event.type === "close") {
        isOver = true;
        // Whatever came behind the violation: the connection has failed (RFC 6455, 7.1.7).
        const told = violated ? new CloseEvent("close", { code: 1006 }) : event;
        return EventTarget.prototype.dispatchEvent.call(socket, told);
      }
      if (event.type === "error" && inner[slots.state] === CLOSED) {
        const { message } = event as ErrorEvent;
        const code = Object.hasOwn(COMPLAINTS, message) ? COMPLAINTS[message] : undefined;
        violated = code !== undefined;
        if (code !== undefined) throw new Violation(code, message);
      }
      return EventTarget.prototype.dispatchEvent.call(socket, event);
    },
  });
  Object.defineProperty(socket, slots.loop, {
    async value(): Promise<void> {
      try {
        await loop.call(socket);
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        inner[slots.state] = OPEN;
        socket.close(error.code, error.message);
        await new Promise<void>((resolve) => clock.after(FRAME_OUT_MS, resolve));
        const stop = clock.after(LINGER_MS, drop);
        await loop.call(socket);
        stop();
      }
    },
  });
  return () => {
    if (isOver) return;
    violated = true;
    socket.close(TOO_BIG, "The message is too long");
    clock.after(FRAME_OUT_MS, drop);
  };
}

function slotsOf(socket: WebSocket): Slots | null {
  const find = (description: string) => {
    for (let level: object | null = socket; level !== null; level = Object.getPrototypeOf(level)) {
      const found = Object.getOwnPropertySymbols(level).find((symbol) => symbol.description === description);
      if (found !== undefined) return found;
    }
    return null;
  };
  const [rid, state, loop] = [find("[[rid]]"), find("[[readyState]]"), find("[[eventLoop]]")];
  return rid === null || state === null || loop === null ? null : { rid, state, loop };
}
