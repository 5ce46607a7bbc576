/** A whole conversation over a WebSocket: opens, sends, collects what comes, waits for the close. */

/** What a client saw. */
export interface SocketTalk {
  /** Texts, and bytes of binary messages. */
  readonly received: readonly (string | Uint8Array)[];
  readonly close: { readonly code: number; readonly reason: string; readonly wasClean: boolean };
  readonly protocol: string;
}

/** How {@linkcode talk} ends, and what it asks for. */
export interface TalkOptions {
  /** Closes with it once enough has come; else the server is expected to close. */
  readonly code?: number;
  readonly reason?: string;
  readonly protocols?: string[];
}

const DEADLINE_MS = 120_000;

/**
 * Sends all messages once the socket is open.
 * @param expected how many messages have to come before the client may close
 * @throws Error when the conversation does not end within 20 s, or ends before enough has come
 */
export async function talk(
  url: URL,
  messages: readonly (string | Uint8Array<ArrayBuffer>)[],
  expected: number,
  options: TalkOptions = {},
): Promise<SocketTalk> {
  const socket = new WebSocket(url, options.protocols ?? []);
  socket.binaryType = "arraybuffer";
  const received: (string | Uint8Array)[] = [];
  const ended = Promise.withResolvers<SocketTalk>();
  const timer = setTimeout(
    () => ended.reject(new Error(`The socket did not close, ${received.length} messages came`)),
    DEADLINE_MS,
  );
  socket.onopen = () => messages.forEach((message) => socket.send(message));
  socket.onmessage = ({ data }) => {
    received.push(typeof data === "string" ? data : new Uint8Array(data));
    if (received.length === expected && options.code !== undefined) socket.close(options.code, options.reason);
  };
  socket.onclose = ({ code, reason, wasClean }) => {
    ended.resolve({ received, close: { code, reason, wasClean }, protocol: socket.protocol });
  };
  try {
    const seen = await ended.promise;
    if (received.length < expected) {
      throw new Error(`Closed with ${seen.close.code} after ${received.length} of ${expected} messages`);
    }
    return seen;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}
