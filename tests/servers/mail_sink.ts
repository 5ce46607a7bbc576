/** An SMTP server that takes everything and keeps it. */

/** Listens on loopback. */
export class MailSink implements Disposable {
  /** Messages as they came, headers included. */
  readonly messages: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  constructor() {
    this.#run();
  }

  /** Where it listens. */
  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Takes no more. */
  [Symbol.dispose](): void {
    this.#listener.close();
  }

  async #run(): Promise<void> {
    for await (const connection of this.#listener) {
      // A client that breaks off is a test's matter.
      this.#talk(connection).catch(() => {});
    }
  }

  async #talk(connection: Deno.TcpConn): Promise<void> {
    const say = (line: string) => connection.write(new TextEncoder().encode(`${line}\r\n`));
    const lines: string[] = [];
    let rest = "";
    let isData = false;
    await say("220 sink");
    for await (const text of connection.readable.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\r\n");
      rest = parts.pop()!;
      for (const line of parts) {
        if (isData && line !== ".") {
          lines.push(line);
        } else if (isData) {
          isData = false;
          this.messages.push(lines.splice(0).join("\n"));
          await say("250 queued");
        } else if (/^DATA/i.test(line)) {
          isData = true;
          await say("354 go on");
        } else await say(/^QUIT/i.test(line) ? "221 bye" : "250 ok");
      }
    }
  }
}
