/** A WebSocket client that writes its own frames, since a real one hides ping, close and abrupt ends. */

/** Operations of a frame (RFC 6455, 5.2). */
export const FRAME = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** One frame as it came. */
export interface Frame {
  readonly op: number;
  readonly final: boolean;
  readonly data: Uint8Array<ArrayBuffer>;
  /** The data as text. */
  readonly text: string;
}

const DEADLINE_MS = 120_000;

/** A connection after its handshake. */
export class FrameClient implements Disposable {
  readonly status: number;
  /** Names in lower case; of repeated ones the last. */
  readonly headers: ReadonlyMap<string, string>;
  /** What followed the head of a refusal, as far as it came with it. */
  readonly refusal: string;
  readonly #conn: Deno.Conn;
  readonly #deadline: ReturnType<typeof setTimeout>;
  #buffer: Uint8Array<ArrayBuffer>;
  #isOpen = true;

  private constructor(
    conn: Deno.Conn,
    head: string,
    rest: Uint8Array<ArrayBuffer>,
    deadline: ReturnType<typeof setTimeout>,
  ) {
    const [start = "", ...lines] = head.split("\r\n");
    this.status = Number(start.split(" ")[1]);
    this.headers = new Map(lines.map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }));
    this.refusal = this.status === 101 ? "" : new TextDecoder().decode(rest);
    this.#conn = conn;
    this.#buffer = rest;
    this.#deadline = deadline;
  }

  /** Connects to `ws://host/path` at an address and asks for an upgrade. */
  static async open(
    target: { readonly port: number; readonly host: string; readonly path: string },
    headers: Readonly<Record<string, string>> = {},
  ): Promise<FrameClient> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: target.port });
    const deadline = setTimeout(() => conn.close(), DEADLINE_MS);
    const all = {
      host: target.host,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    await writeAll(conn, new TextEncoder().encode(`GET ${target.path} HTTP/1.1\r\n${lines}\r\n`));
    let bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
    for (;;) {
      const text = new TextDecoder("latin1").decode(bytes);
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) return new FrameClient(conn, text.slice(0, end), bytes.slice(end + 4), deadline);
      const more = await readSome(conn);
      if (more === null) {
        clearTimeout(deadline);
        conn.close();
        throw new Error(`The connection ended within the head: ${JSON.stringify(text)}`);
      }
      bytes = joined(bytes, more);
    }
  }

  /** Sends one frame; a text goes out as UTF-8. */
  async send(op: number, data: string | Uint8Array = "", options: { final?: boolean } = {}): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const long = bytes.byteLength > 0xffff ? 8 : bytes.byteLength > 125 ? 2 : 0;
    const frame = new Uint8Array(2 + long + 4 + bytes.byteLength);
    const view = new DataView(frame.buffer);
    view.setUint8(0, (options.final === false ? 0 : 0x80) | op);
    view.setUint8(1, 0x80 | (long === 8 ? 127 : long === 2 ? 126 : bytes.byteLength));
    if (long === 2) view.setUint16(2, bytes.byteLength);
    if (long === 8) view.setBigUint64(2, BigInt(bytes.byteLength));
    // A mask of zeros is valid and leaves the data as it is.
    frame.set(bytes, 2 + long + 4);
    await writeAll(this.#conn, frame);
  }

  /** Sends bytes as they are, which no client of good manners would. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#conn, bytes);
  }

  /** The next frame, or null when the connection has ended. */
  async read(): Promise<Frame | null> {
    const head = await this.#take(2);
    if (head === null) return null;
    let length = head[1]! & 0x7f;
    if (length === 126) length = new DataView((await this.#need(2)).buffer).getUint16(0);
    else if (length === 127) length = Number(new DataView((await this.#need(8)).buffer).getBigUint64(0));
    const data = await this.#need(length);
    return { op: head[0]! & 0x0f, final: (head[0]! & 0x80) !== 0, data, text: new TextDecoder().decode(data) };
  }

  /** The next text, pings left aside. */
  async readText(): Promise<string> {
    for (;;) {
      const frame = await this.read();
      if (frame?.op === FRAME.PING) continue;
      if (frame?.op === FRAME.TEXT) return frame.text;
      throw new Error(`Expected a text, got ${frame === null ? "the end" : `frame ${frame.op} ${frame.text}`}`);
    }
  }

  /** Reads until a close frame comes, answers it and tells what it says. */
  async readClose(): Promise<{ code: number; reason: string; frames: number }> {
    for (let frames = 0;; frames++) {
      const frame = await this.read();
      if (frame === null) throw new Error(`The connection ended without a close frame, after ${frames} frames`);
      if (frame.op !== FRAME.CLOSE) continue;
      // The other side may have left already; what it said stands.
      await this.send(FRAME.CLOSE, frame.data).catch(() => {});
      const code = frame.data.byteLength < 2 ? 1005 : new DataView(frame.data.buffer).getUint16(0);
      return { code, reason: new TextDecoder().decode(frame.data.subarray(2)), frames };
    }
  }

  /** Begins the closing handshake. */
  async sendClose(code: number | null, reason = ""): Promise<void> {
    const text = new TextEncoder().encode(reason);
    const data = new Uint8Array(code === null ? 0 : 2 + text.byteLength);
    if (code !== null) {
      new DataView(data.buffer).setUint16(0, code);
      data.set(text, 2);
    }
    await this.send(FRAME.CLOSE, data);
  }

  /** Drops the connection, whatever is in flight. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#deadline);
    try {
      this.#conn.close();
    } catch (error) {
      // The deadline has closed it already.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #need(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#take(count);
    if (bytes === null) throw new Error("The connection ended within a frame");
    return bytes;
  }

  async #take(count: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const parts = [this.#buffer];
    let size = this.#buffer.byteLength;
    while (size < count) {
      const more = await readSome(this.#conn);
      if (more === null) return null;
      parts.push(more);
      size += more.byteLength;
    }
    const all = parts.length === 1 ? this.#buffer : joined(...parts);
    this.#buffer = all.subarray(count);
    return all.slice(0, count);
  }
}

async function readSome(conn: Deno.Conn): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunk = new Uint8Array(64 * 1024);
  try {
    const count = await conn.read(chunk);
    return count === null ? null : chunk.subarray(0, count);
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset) return null;
    throw error;
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let left = bytes; left.byteLength > 0;) left = left.subarray(await conn.write(left));
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
