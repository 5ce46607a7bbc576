/** A real name server on loopback whose answers a test changes while it runs. */

const TYPE_A = 1;
const CLASS_IN = 1;

/** Answers A queries over UDP. */
export class NameServer implements AsyncDisposable {
  /** Addresses by name; a test may change them at any time. */
  readonly addresses = new Map<string, readonly string[]>();
  /** Names that were asked for, in order. */
  readonly asked: string[] = [];
  readonly #socket: Deno.DatagramConn;
  readonly #loop: Promise<void>;

  constructor() {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    this.#loop = this.#answer();
  }

  /** Where to ask. */
  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  /** Asks this server, as Outbound resolves names. */
  readonly resolve = (
    hostname: string,
    done: (error: Error | null, addresses: readonly { address: string; family: number }[]) => void,
  ): void => {
    Deno.resolveDns(hostname, "A", { nameServer: { ipAddr: "127.0.0.1", port: this.port } }).then(
      (found) => done(null, found.map((address) => ({ address, family: 4 }))),
      (error) => done(error, []),
    );
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#loop;
  }

  async #answer(): Promise<void> {
    for await (const [query, from] of this.#socket) {
      const { name, end } = readName(query);
      this.asked.push(name);
      const addresses = this.addresses.get(name) ?? [];
      const question = query.subarray(12, end + 4);
      const records = addresses.flatMap((address) => [
        0xc0,
        0x0c,
        0,
        TYPE_A,
        0,
        CLASS_IN,
        0,
        0,
        0,
        0, // time to live: not to be remembered
        0,
        4,
        ...address.split(".").map(Number),
      ]);
      const isA = question.at(-3) === TYPE_A;
      const count = isA ? addresses.length : 0;
      const head = [query[0]!, query[1]!, 0x85, addresses.length === 0 ? 0x83 : 0x80, 0, 1, 0, count, 0, 0, 0, 0];
      await this.#socket.send(new Uint8Array([...head, ...question, ...(isA ? records : [])]), from);
    }
  }
}

function readName(query: Uint8Array): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  while (query[at]! > 0) {
    labels.push(new TextDecoder().decode(query.subarray(at + 1, at + 1 + query[at]!)));
    at += query[at]! + 1;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 1 };
}
