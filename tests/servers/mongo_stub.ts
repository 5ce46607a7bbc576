/** Speaks as much of MongoDB's protocol as its driver needs to connect, to ping, to insert and to find. */
import { Buffer } from "node:buffer";

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;

type Value = string | number | bigint | boolean | Date | readonly Value[] | { readonly [key: string]: Value };

const HELLO = {
  isWritablePrimary: true,
  helloOk: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
  ok: 1,
};
const PERSON = { _id: 7, name: "Ada" };

/** Listens on loopback; it keeps nothing, and finds one person whoever is asked for. */
export class MongoStub implements Disposable {
  /** Names of the commands that came, the driver's own included. */
  readonly commands: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.TcpConn>();

  constructor() {
    this.#serve();
  }

  /** Where it listens. */
  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Connections that are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Ends all connections, and takes no more. */
  [Symbol.dispose](): void {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
  }

  async #serve(): Promise<void> {
    for await (const connection of this.#listener) {
      this.#connections.add(connection);
      // A client that breaks off is a test's matter.
      this.#talk(connection).catch(() => {}).finally(() => {
        if (this.#connections.delete(connection)) connection.close();
      });
    }
  }

  async #talk(connection: Deno.TcpConn): Promise<void> {
    let bytes = Buffer.alloc(0);
    const chunk = new Uint8Array(65_536);
    for (let count; (count = await connection.read(chunk)) !== null;) {
      bytes = Buffer.concat([bytes, chunk.subarray(0, count)]);
      while (bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)) {
        const message = bytes.subarray(0, bytes.readInt32LE(0));
        bytes = bytes.subarray(message.length);
        await writeAll(connection, this.#answer(message));
      }
    }
  }

  #answer(message: Buffer): Buffer {
    const [id, code] = [message.readInt32LE(4), message.readInt32LE(12)];
    if (code === OP_QUERY) {
      const document = message.indexOf(0, HEADER_BYTES + 4) + 1 + 8;
      const reply = Buffer.alloc(20);
      reply.writeInt32LE(1, 16);
      return framed(id, OP_REPLY, Buffer.concat([reply, bson(this.#run(message, document))]));
    }
    if (code !== OP_MSG) throw new Error(`The driver sends operation ${code}`);
    return framed(id, OP_MSG, Buffer.concat([Buffer.alloc(5), bson(this.#run(message, HEADER_BYTES + 5))]));
  }

  /** @param at where its document begins; a command is named by its first key */
  #run(message: Buffer, at: number): { readonly [key: string]: Value } {
    const name = message.toString("latin1", at + 5, message.indexOf(0, at + 5));
    this.commands.push(name);
    switch (name) {
      case "hello":
      case "isMaster":
      case "ismaster":
        return { ...HELLO, localTime: new Date() };
      case "find":
        return { cursor: { firstBatch: [PERSON], id: 0n, ns: "test.people" }, ok: 1 };
      default:
        return { n: 1, ok: 1 };
    }
  }
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function framed(answers: number, code: number, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  [HEADER_BYTES + body.length, 0, answers, code].forEach((value, at) => header.writeInt32LE(value, at * 4));
  return Buffer.concat([header, body]);
}

/** https://bsonspec.org/spec.html */
function bson(document: { readonly [key: string]: Value } | readonly Value[]): Buffer {
  const body = Buffer.concat(
    Object.entries(document).map(([name, value]) => {
      const [type, bytes] = element(value);
      return Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), bytes]);
    }),
  );
  const length = Buffer.alloc(4);
  length.writeInt32LE(body.length + 5);
  return Buffer.concat([length, body, Buffer.alloc(1)]);
}

function element(value: Value): [type: number, bytes: Buffer] {
  const wide = Buffer.alloc(8);
  if (typeof value === "string") {
    const text = Buffer.from(`${value}\0`);
    const length = Buffer.alloc(4);
    length.writeInt32LE(text.length);
    return [2, Buffer.concat([length, text])];
  }
  if (typeof value === "number") return [1, (wide.writeDoubleLE(value), wide)];
  if (typeof value === "boolean") return [8, Buffer.from([value ? 1 : 0])];
  if (typeof value === "bigint") return [18, (wide.writeBigInt64LE(value), wide)];
  if (value instanceof Date) return [9, (wide.writeBigInt64LE(BigInt(value.getTime())), wide)];
  return [Array.isArray(value) ? 4 : 3, bson(value as readonly Value[])];
}
