/** A NATS server of which a test says what becomes of each connection: it is let in, and answered or not. */

/** What becomes of one. */
export type FakeNatsConnection =
  /** Requests are answered with what they said. */
  | "answers"
  /** It gets answers to pings only, as from a server that has lost the others. */
  | "silent"
  /** It is let in, and ends at once. */
  | "killed"
  /** As "answers", over a way that takes this long, ms. */
  | number;

/** Enough of https://docs.nats.io/reference/reference-protocols/nats-protocol for connections and requests. */
export class FakeNats implements AsyncDisposable {
  /** How many connections there were. */
  connections = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #of: (connection: number) => FakeNatsConnection;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;

  /** @param of what becomes of the first, the second … connection, from 1 on */
  constructor(of: (connection: number) => FakeNatsConnection) {
    this.#of = of;
    this.#accepting = this.#accept();
  }

  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const served: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.#open.add(connection);
      // It may be ended by either side.
      const serving = this.#serve(connection, this.#of(++this.connections)).catch(() => {});
      served.push(serving.finally(() => this.#open.delete(connection)));
    }
    await Promise.all(served);
  }

  async #serve(connection: Deno.TcpConn, kind: FakeNatsConnection): Promise<void> {
    const say = async (text: string) => {
      if (typeof kind === "number") await new Promise((resolve) => setTimeout(resolve, kind));
      await connection.write(new TextEncoder().encode(text));
    };
    await say(`INFO {"server_id":"fake","version":"2.12.7","headers":true,"proto":1,"max_payload":1048576}\r\n`);
    const subscribed = new Map<string, string>();
    let text = "";
    for await (const bytes of connection.readable) {
      text += new TextDecoder().decode(bytes);
      for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
        const [verb, ...words] = text.slice(0, end).split(" ");
        text = text.slice(end + 2);
        if (verb === "PING") {
          await say("PONG\r\n");
          if (kind === "killed") return;
        }
        if (verb === "SUB") subscribed.set(words[0]!.replace(/\*$/, ""), words.at(-1)!);
        // Requests of tests are short: what they say came with their line.
        if (verb !== "PUB" || (kind !== "answers" && typeof kind !== "number")) continue;
        const reply = words[1]!;
        const id = [...subscribed].find(([start]) => reply.startsWith(start))![1];
        const length = Number(words[2]);
        await say(`MSG ${reply} ${id} ${length}\r\n${text.slice(0, length)}\r\n`);
        text = text.slice(length + 2);
      }
    }
  }
}
