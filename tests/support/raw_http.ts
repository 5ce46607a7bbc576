/** A raw HTTP/1.1 client over TCP: sends exact bytes and shows what really came back, since `fetch` hides too much. */

/** The head of a response, as it came over the wire. */
export interface RawHead {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** Name and value in the order and the casing of the wire. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** All values of a header, whatever its casing. */
  all(name: string): string[];
  /** The first value of a header, or null. */
  get(name: string): string | null;
}

/** How the end of a body was told: by length, by the last chunk, by the close, or not at all. */
export type BodyEnd = "length" | "chunked" | "close" | "none";

/** A response that was read to its end. */
export interface RawResponse extends RawHead {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly text: string;
  readonly end: BodyEnd;
  /** Whether the body is shorter than its head promised: the connection was cut before the end. */
  readonly truncated: boolean;
}

/** Thrown when the connection ends inside, or before, a response head. */
export class ConnectionClosed extends Error {
  override readonly name = "ConnectionClosed";
  /** What had come of the head. */
  constructor(readonly received: string) {
    super(`Connection closed after ${received.length} bytes of a response head`);
  }
}

const DEADLINE_MS = 120_000;

/** One connection; requests are bytes that the test wrote, responses are read one after the other. */
export class RawConnection implements Disposable {
  #conn: Deno.Conn;
  #buffer = new Uint8Array(0);
  #ended = false;
  #closed = false;
  #deadline: ReturnType<typeof setTimeout>;

  private constructor(conn: Deno.Conn, timeoutMs: number) {
    this.#conn = conn;
    // A test that waits for bytes which never come must fail with its own message, not hang
    this.#deadline = setTimeout(() => this.close(), timeoutMs);
  }

  /**
   * Connects.
   * @param options.timeoutMs after which the connection is closed whatever happens, 120 s by default
   */
  static async open(
    target: string | URL,
    options: { timeoutMs?: number; tls?: { caCerts: string[] } } = {},
  ): Promise<RawConnection> {
    const url = new URL(target);
    const address = { hostname: url.hostname, port: Number(url.port) };
    const conn = options.tls ? await Deno.connectTls({ ...address, ...options.tls }) : await Deno.connect(address);
    return new RawConnection(conn, options.timeoutMs ?? DEADLINE_MS);
  }

  /** Sends bytes, all of them; a text goes out as UTF-8. */
  async send(data: string | Uint8Array): Promise<void> {
    let left = typeof data === "string" ? new TextEncoder().encode(data) : data;
    while (left.byteLength > 0) left = left.subarray(await this.#conn.write(left));
  }

  /** Sends a request with `Host` and the given header lines, in their order and casing. */
  request(method: string, target: string, headers: readonly (readonly [string, string])[], body = ""): Promise<void> {
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return this.send(`${method} ${target} HTTP/1.1\r\n${lines}\r\n${body}`);
  }

  /**
   * Reads up to the end of a response head; 1xx heads other than 101 are skipped.
   * @throws ConnectionClosed when the connection ends before
   */
  async readHead(): Promise<RawHead> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#buffer);
      const end = text.indexOf("\r\n\r\n");
      if (end === -1) {
        if (!await this.#fill()) throw new ConnectionClosed(text);
        continue;
      }
      this.#take(end + 4);
      const head = parseHead(text.slice(0, end));
      if (head.status === 101 || head.status >= 200) return head;
    }
  }

  /** Reads one response with its body; `method` HEAD has none whatever the head says. */
  async readResponse(method = "GET"): Promise<RawResponse> {
    const head = await this.readHead();
    const { body, end, truncated } = await this.#readBody(head, method);
    const { version, status, reason, headers } = head;
    const text = new TextDecoder().decode(body);
    return { version, status, reason, headers, all: head.all, get: head.get, body, text, end, truncated };
  }

  /** Reads what there is next, at most `maxBytes`; null at the end of the connection. For slow and partial reading. */
  async readSome(maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#buffer.byteLength === 0 && !await this.#fill(maxBytes)) return null;
    return this.#take(Math.min(maxBytes, this.#buffer.byteLength));
  }

  /** Reads to the end of the connection and drops it; says how many bytes came. */
  async drain(): Promise<number> {
    let total = 0;
    for (let part = await this.readSome(65_536); part; part = await this.readSome(65_536)) total += part.byteLength;
    return total;
  }

  /** Ends the sending side only: the other side sees the end of the input. */
  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  /** Closes at once, whatever is in flight. */
  close(): void {
    clearTimeout(this.#deadline);
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #readBody(
    head: RawHead,
    method: string,
  ): Promise<{ body: Uint8Array<ArrayBuffer>; end: BodyEnd; truncated: boolean }> {
    const none = method === "HEAD" || head.status === 101 || head.status === 204 || head.status === 304;
    if (none) return { body: new Uint8Array(0), end: "none", truncated: false };
    if (head.get("transfer-encoding")?.toLowerCase() === "chunked") return await this.#readChunked();
    const length = head.get("content-length");
    const body = await this.#readUpTo(length === null ? Infinity : Number(length));
    // Without a length nobody can tell a whole body from a cut one
    if (length === null) return { body, end: "close", truncated: false };
    return { body, end: "length", truncated: body.byteLength < Number(length) };
  }

  async #readChunked(): Promise<{ body: Uint8Array<ArrayBuffer>; end: BodyEnd; truncated: boolean }> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      const line = await this.#readLine();
      const size = line === null ? NaN : parseInt(line, 16);
      if (Number.isNaN(size)) return { body: joined(parts), end: "chunked", truncated: true };
      if (size === 0) {
        // Trailers end with an empty line
        let trailer = await this.#readLine();
        while (trailer) trailer = await this.#readLine();
        return { body: joined(parts), end: "chunked", truncated: trailer === null };
      }
      parts.push(await this.#readUpTo(size));
      await this.#readLine();
    }
  }

  /** Reads so many bytes, fewer only when the connection ends before. */
  async #readUpTo(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let left = count; left > 0;) {
      const part = await this.readSome(Math.min(left, 65_536));
      if (!part) break;
      parts.push(part);
      left -= part.byteLength;
    }
    return joined(parts);
  }

  /** The next line without its end, or null when the connection ends before. */
  async #readLine(): Promise<string | null> {
    for (;;) {
      const at = this.#buffer.indexOf(10);
      if (at !== -1) return new TextDecoder("latin1").decode(this.#take(at + 1)).trimEnd();
      if (!await this.#fill()) return null;
    }
  }

  #take(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return taken;
  }

  /** Reads more into the buffer; false at the end of the connection, however it ended. */
  async #fill(maxBytes = 65_536): Promise<boolean> {
    if (this.#ended) return false;
    const chunk = new Uint8Array(maxBytes);
    const count = await this.#conn.read(chunk).catch((error: unknown) => {
      // A reset, or our own close at the deadline, is an end like any other: `truncated` tells
      if (error instanceof Deno.errors.ConnectionReset || this.#closed) return null;
      throw error;
    });
    if (count === null) {
      this.#ended = true;
      return false;
    }
    this.#buffer = joined([this.#buffer, chunk.subarray(0, count)]);
    return true;
  }
}

/** One request on a connection of its own; the bytes are sent as they are. */
export async function rawRequest(url: string | URL, bytes: string | Uint8Array, method = "GET"): Promise<RawResponse> {
  using connection = await RawConnection.open(url);
  await connection.send(bytes);
  return await connection.readResponse(method);
}

function parseHead(text: string): RawHead {
  const [start = "", ...lines] = text.split("\r\n");
  const match = /^(HTTP\/\d\.\d) (\d{3})(?: (.*))?$/.exec(start);
  if (!match) throw new Error(`Not an HTTP response: ${JSON.stringify(start.slice(0, 80))}`);
  const headers = lines.map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at), line.slice(at + 1).trim()] as const;
  });
  const all = (name: string) =>
    headers.filter(([one]) => one.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  const [, version, status, reason] = match as unknown as [string, string, string, string | undefined];
  return { version, status: Number(status), reason: reason ?? "", headers, all, get: (name) => all(name)[0] ?? null };
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
