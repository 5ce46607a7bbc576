/** A server on loopback that takes connections of a hostile app, and behaves in one of a few ways. */

/** `echo` sends back, `silent` neither reads nor says anything, `endless` sends as long as it is read. */
export type PeerKind = "echo" | "silent" | "endless";

/** Listens until it is disposed. */
export class TcpPeer implements AsyncDisposable {
  /** Connections that ever came. */
  taken = 0;
  readonly #kind: PeerKind;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #serving: Promise<void>;

  constructor(kind: PeerKind) {
    this.#kind = kind;
    this.#serving = this.#serve();
  }

  /** Where it listens. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /**
   * Connections of the other side that are not closed, as the kernel has them.
   * A socket of a server that reads nothing does not tell of its end.
   */
  async held(): Promise<number> {
    const table = await Deno.readTextFile("/proc/net/tcp");
    const wanted = `:${this.port.toString(16).toUpperCase().padStart(4, "0")}`;
    // Fields: number, local address, remote address, state; 01 is ESTABLISHED, 02 SYN_SENT
    return table.split("\n").map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[2]?.endsWith(wanted) && (fields[3] === "01" || fields[3] === "02")).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.taken++;
        this.#open.add(connection);
        // A hostile client breaks off; that is what is tested
        this.#talk(connection).catch(() => {}).finally(() => {
          if (this.#kind !== "silent" && this.#open.delete(connection)) connection.close();
        });
      }
    } catch (error) {
      // The listener was closed while it waited
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #talk(connection: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    while (this.#kind === "endless") await writeAll(connection, buffer);
    while (this.#kind === "echo") {
      const count = await connection.read(buffer);
      if (count === null) return;
      await writeAll(connection, buffer.subarray(0, count));
    }
  }
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.byteLength;) sent += await connection.write(bytes.subarray(sent));
}
