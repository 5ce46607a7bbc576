/**
 * Bounds what clients of WebSockets send of messages that have no end yet. Deno bounds a frame and not a message, puts
 * fragments together before anybody is told, and reads on as fast as they come: one client took the process from 214 to
 * 1,522 MB in half a minute. Only the kernel knows how much came on which connection.
 */
import type { Clock } from "../clock.ts";
import { peerKey } from "../machine/received_bytes.ts";

/** Twice what an app may be sent (runtime/wall/socket_bridge.ts): fragments have heads. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
/** What all unfinished messages may take together. */
const MAX_UNFINISHED_BYTES = 256 * 1024 * 1024;
/** Between two looks at the memory of the process, while there are sockets. */
const LOOK_MS = 100;
/** Only a process that has grown by this much is worth the question who it was, which starts a program (some 5 ms). */
const GROWTH_BYTES = 32 * 1024 * 1024;

/** What the bound works with. */
export interface UnfinishedTools {
  readonly clock: Pick<Clock, "after">;
  /** Bytes of the process. */
  readonly rss: () => number;
  /** What came on each connection, by the peer; null where nobody knows. */
  readonly received: () => Promise<ReadonlyMap<string, number> | null>;
  /** Told of every client that is cut, and once when nobody knows. */
  readonly warn: (text: string) => void;
}

/** A client's socket. */
interface Watched {
  readonly peer: string;
  /** Ends the connection, as one whose message is too long. */
  readonly refuse: () => void;
  /** Messages that have come whole. */
  messages: number;
  /** How many there were at the last look, and what had been received then or at the first look that saw so many. */
  seen: number;
  received: number;
}

/** The sockets of all clients. */
export class UnfinishedMessages {
  readonly #tools: UnfinishedTools;
  readonly #sockets = new Set<Watched>();
  #stop: (() => void) | null = null;
  #floor = Infinity;
  #isBlind = false;

  constructor(tools: UnfinishedTools) {
    this.#tools = tools;
  }

  /** A client's socket was opened. @param refuse ends it, as one whose message is too long */
  watch(socket: Pick<WebSocket, "addEventListener">, peer: Deno.NetAddr, refuse: () => void): void {
    const watched: Watched = { peer: peerKey(peer), refuse, messages: 0, seen: 0, received: 0 };
    this.#sockets.add(watched);
    socket.addEventListener("message", () => watched.messages++);
    socket.addEventListener("close", () => this.#sockets.delete(watched), { once: true });
    if (this.#stop === null) this.#rest();
  }

  #rest(): void {
    this.#floor = Math.min(this.#floor, this.#tools.rss());
    this.#stop = this.#tools.clock.after(LOOK_MS, () => this.#look());
  }

  async #look(): Promise<void> {
    if (this.#sockets.size === 0 || this.#isBlind) {
      this.#stop = null;
      this.#floor = Infinity;
      return;
    }
    const rss = this.#tools.rss();
    if (rss - this.#floor >= GROWTH_BYTES) {
      this.#floor = rss;
      await this.#judge();
    }
    this.#rest();
  }

  async #judge(): Promise<void> {
    const received = await this.#tools.received();
    if (received === null) {
      this.#isBlind = true;
      this.#tools.warn(
        "Cannot bound messages of WebSockets that come in fragments without an end: there is no `ss` (iproute2) to ask",
      );
      return;
    }
    const unfinished: { readonly watched: Watched; readonly bytes: number }[] = [];
    for (const watched of this.#sockets) {
      const total = received.get(watched.peer);
      if (total === undefined) continue;
      if (watched.messages !== watched.seen) {
        watched.seen = watched.messages;
        watched.received = total;
      }
      unfinished.push({ watched, bytes: total - watched.received });
    }
    unfinished.sort((one, other) => other.bytes - one.bytes);
    let sum = unfinished.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { watched, bytes } of unfinished) {
      if (bytes <= MAX_MESSAGE_BYTES && sum <= MAX_UNFINISHED_BYTES) break;
      sum -= bytes;
      this.#sockets.delete(watched);
      this.#tools.warn(
        `Closed the WebSocket of ${watched.peer}: ${
          Math.round(bytes / 1024 / 1024)
        } MiB came without the end of a message`,
      );
      watched.refuse();
    }
  }
}
