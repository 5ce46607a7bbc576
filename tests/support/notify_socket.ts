/** The service manager's end of sd_notify(3), on a real datagram socket. */

/** Receives what a host tells its service manager. */
export class NotifySocket implements AsyncDisposable {
  /** What `NOTIFY_SOCKET` has to say. */
  readonly address: string;
  /** Every message so far, oldest first. */
  readonly messages: string[] = [];
  readonly #socket: Deno.DatagramConn;
  readonly #folder: string;
  readonly #reading: Promise<void>;
  #arrived = Promise.withResolvers<void>();

  private constructor(socket: Deno.DatagramConn, { folder, address }: { folder: string; address: string }) {
    this.#socket = socket;
    this.#folder = folder;
    this.address = address;
    this.#reading = this.#read();
  }

  /** @param kind a socket in the file system, or one of the kernel's own names */
  static async open(kind: "path" | "abstract" = "path"): Promise<NotifySocket> {
    const folder = await Deno.makeTempDir({ prefix: "nano-notify-" });
    const path = kind === "path" ? `${folder}/notify` : `\0${folder}`;
    const socket = Deno.listenDatagram({ transport: "unixpacket", path });
    return new NotifySocket(socket, { folder, address: path.replace("\0", "@") });
  }

  /** Waits for the first message at or after index `from` that contains the text. @returns the index after it */
  async waitFor(text: string, { from = 0, timeoutMs = 120_000 } = {}): Promise<number> {
    const late = AbortSignal.timeout(timeoutMs);
    const failed = Promise.withResolvers<never>();
    const fail = () =>
      failed.reject(new Error(`No "${text}" in ${timeoutMs} ms, only ${JSON.stringify(this.messages)}`));
    late.addEventListener("abort", fail);
    try {
      while (true) {
        const index = this.messages.findIndex((message, at) => at >= from && message.includes(text));
        if (index !== -1) return index + 1;
        await Promise.race([this.#arrived.promise, failed.promise]);
      }
    } finally {
      late.removeEventListener("abort", fail);
    }
  }

  /** The messages without the watchdog's. */
  get states(): string[] {
    return this.messages.filter((message) => message !== "WATCHDOG=1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#reading;
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #read(): Promise<void> {
    for await (const [bytes] of this.#socket) {
      this.messages.push(new TextDecoder().decode(bytes));
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    }
  }
}
