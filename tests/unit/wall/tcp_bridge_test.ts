/** Both halves of an app's TCP connections, joined by two wires: bytes, bounds, ends, and messages that are forged. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TcpClient } from "../../../runtime/isolate/traffic/tcp_client.ts";
import { handlerTable, runBatch } from "../../../runtime/protocol/batch.ts";
import { OP } from "../../../runtime/protocol/operations.ts";
import { streamHandlers } from "../../../runtime/protocol/stream_operations.ts";
import { FIRST_TCP_ID, TCP_WINDOW_BYTES, type TcpFacts, type TlsOptions } from "../../../runtime/protocol/tcp.ts";
import { Wire, WireViolation } from "../../../runtime/protocol/wire.ts";
import { type HostConnection, TcpBridge } from "../../../runtime/wall/tcp_bridge.ts";

const FACTS: TcpFacts = { remoteAddress: "192.0.2.1", remotePort: 5432, localAddress: "", localPort: 1, tls: null };
const ID = FIRST_TCP_ID;

/** A connection whose other side the test plays. */
class FakeConnection implements HostConnection {
  readonly facts = FACTS;
  readonly calls: string[] = [];
  /** Bytes that were written, and how many have been taken. */
  written = 0;
  readonly #closed = Promise.withResolvers<{ code: string; message: string } | null>();
  readonly closed = this.#closed.promise;
  #queue: (Uint8Array | null)[] = [];
  #waiting: (() => void) | null = null;
  /** While set, nobody takes what is written. */
  stuck: Promise<void> | null = null;
  secureFails: Error | null = null;

  say(bytes: Uint8Array | null): void {
    this.#queue.push(bytes);
    this.#waiting?.();
  }
  fail(code: string): void {
    this.#closed.resolve({ code, message: `read ${code}` });
  }
  async read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    while (this.#queue.length === 0) await new Promise<void>((resolve) => this.#waiting = resolve);
    const value = this.#queue.shift()!;
    return value === null ? { done: true } as ReadableStreamReadResult<Uint8Array> : { done: false, value };
  }
  async write(bytes: Uint8Array): Promise<void> {
    this.written += bytes.byteLength;
    await this.stuck;
  }
  cancel(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }
  end(): void {
    this.calls.push("end");
  }
  set(option: string, value: number): void {
    this.calls.push(`${option} ${value}`);
  }
  secure(_options: TlsOptions): Promise<void> {
    this.calls.push("secure");
    return this.secureFails === null ? Promise.resolve() : Promise.reject(this.secureFails);
  }
  destroy(): void {
    this.calls.push("destroy");
    this.#closed.resolve(null);
  }
  linger(): void {
    this.calls.push("linger");
  }
}

interface Scene {
  readonly bridge: TcpBridge;
  readonly dialled: FakeConnection[];
  readonly signals: AbortSignal[];
  readonly host: Wire;
  /** What the host sent to the isolate. */
  readonly told: unknown[];
  readonly connect: ReturnType<TcpClient["connections"]>["connect"];
}

/** Two wires, each of which delivers what the other sends, one batch a turn. */
function scene(dial?: (signal: AbortSignal) => Promise<HostConnection>): Scene {
  const told: unknown[] = [];
  const schedule = (flush: () => void) => void queueMicrotask(flush);
  const text = (value: unknown) => value as string;
  const host: Wire = new Wire({
    postMessage(batch) {
      told.push(...Array.from(batch as unknown[]));
      queueMicrotask(() => runBatch(batch as unknown[], inside));
    },
  }, schedule);
  const app: Wire = new Wire(
    { postMessage: (batch) => queueMicrotask(() => runBatch(batch as unknown[], outside)) },
    schedule,
  );
  const dialled: FakeConnection[] = [];
  const signals: AbortSignal[] = [];
  const bridge = new TcpBridge(host, (_target, signal) => {
    signals.push(signal);
    if (dial !== undefined) return dial(signal);
    const connection = new FakeConnection();
    dialled.push(connection);
    return Promise.resolve(connection);
  });
  const client = new TcpClient(app);
  const inside = handlerTable({
    ...streamHandlers(app, { text, onError: (id, message) => app.receiving.onError(id, message) }),
    TCP_OPENED: (id: unknown, facts: unknown) => client.onOpened(id as number, facts as string),
    TCP_CLOSED: (id: unknown, code: unknown, message: unknown) =>
      client.onClosed(id as number, code as string, message as string),
  });
  const outside = handlerTable({
    ...streamHandlers(host, { text, onError: (id, message) => host.receiving.onError(id, message) }),
    TCP_CONNECT: (...fields: unknown[]) => bridge.onConnect(fields as never),
    TCP_SET: (id: unknown, option: unknown, value: unknown) => bridge.onSet(id as number, option, value),
    TCP_SECURE: (id: unknown, written: unknown, how: unknown) => bridge.onSecure(id as number, written, how),
    TCP_CLOSE: (id: unknown) => bridge.onClose(id as number),
  });
  const { connect } = client.connections();
  return { bridge, dialled, signals, host, told, connect };
}

/** Lets all that is under way between two wires come to rest. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return (await assertRejects(() => promise) as { code?: unknown }).code;
}

Deno.test("Bytes go both ways through both halves, and the end of each side arrives", async () => {
  const { bridge, dialled, connect } = scene();
  const connection = connect("db.example.com", 5432, "{}");
  assertEquals(JSON.parse(await connection.opened), FACTS);
  const [peer] = dialled as [FakeConnection];
  peer.say(new Uint8Array([1, 2]));
  assertEquals(await connection.read(), new Uint8Array([1, 2]));
  await connection.write(new Uint8Array(7));
  connection.end();
  peer.say(null);
  assertEquals(await connection.read(), null);
  assertEquals(await connection.closed, null);
  assertEquals([peer.written, bridge.size], [7, 0]);
  assertEquals(peer.calls, ["end", "linger"]);
});

Deno.test("Who writes to a server that takes nothing has no more under way than the window and a part", async () => {
  const { dialled, connect } = scene();
  const connection = connect("db.example.com", 5432, "{}");
  await connection.opened;
  const [peer] = dialled as [FakeConnection];
  const { promise, resolve } = Promise.withResolvers<void>();
  peer.stuck = promise;
  const part = TCP_WINDOW_BYTES / 4;
  let left = 0;
  const all = Array.from({ length: 40 }, () => connection.write(new Uint8Array(part)).then(() => void left++));
  await settled();
  assertEquals([peer.written, left <= 5], [part, true]);
  peer.stuck = null;
  resolve();
  await Promise.all(all);
  await settled();
  assertEquals(peer.written, 40 * part);
});

Deno.test("What nobody reads is asked for no further than the window", async () => {
  const { dialled, connect, told } = scene();
  await connect("db.example.com", 5432, "{}").opened;
  const [peer] = dialled as [FakeConnection];
  for (let part = 0; part < 40; part++) peer.say(new Uint8Array(TCP_WINDOW_BYTES / 4));
  await settled();
  const sent = told.filter((field) => field instanceof Uint8Array).length;
  assertEquals(sent, 4);
});

Deno.test("The end of an isolate closes what stands, what is being opened and what lingers, at once", async () => {
  const standing = scene();
  const [one, two] = [standing.connect("a.example.com", 1, "{}"), standing.connect("b.example.com", 2, "{}")];
  await Promise.all([one.opened, two.opened]);
  two.end();
  await settled();
  two.destroy();
  await settled();
  assertEquals(standing.dialled.map(({ calls }) => calls), [[], ["end", "linger"]]);
  standing.bridge.closeAll();
  assertEquals(standing.dialled.map(({ calls }) => calls), [["destroy"], ["end", "linger", "destroy"]]);

  const late = new FakeConnection();
  const { promise, resolve } = Promise.withResolvers<HostConnection>();
  const opening = scene(() => promise);
  opening.connect("c.example.com", 3, "{}");
  await settled();
  opening.bridge.closeAll();
  assertEquals(opening.signals.map(({ aborted }) => aborted), [true]);
  resolve(late);
  await settled();
  assertEquals(late.calls, ["destroy"]);
});

Deno.test("A connection that fails is closed in the host, and tells its reader and its writer of what", async () => {
  const { bridge, dialled, connect } = scene();
  const connection = connect("db.example.com", 5432, "{}");
  await connection.opened;
  const read = codeOf(connection.read());
  dialled[0]!.fail("ECONNRESET");
  assertEquals(await read, "ECONNRESET");
  assertEquals(((await connection.closed) as { code?: unknown } | null)?.code, "ECONNRESET");
  assertEquals(await codeOf(connection.write(new Uint8Array(1))), "EPIPE");
  assertEquals([dialled[0]!.calls.at(-1), bridge.size], ["destroy", 0]);
});

Deno.test("Encryption waits for what was written before, and its failure closes the connection", async () => {
  const { dialled, connect } = scene();
  const [good, bad] = [connect("a.example.com", 1, "{}"), connect("b.example.com", 2, "{}")];
  await Promise.all([good.opened, bad.opened]);
  const [ours, theirs] = dialled as [FakeConnection, FakeConnection];
  const { promise, resolve } = Promise.withResolvers<void>();
  ours.stuck = promise;
  good.write(new Uint8Array(3));
  const secured = good.secure("{}");
  await settled();
  assertEquals([ours.written, ours.calls], [3, []]);
  resolve();
  assertEquals(JSON.parse(await secured), FACTS);
  assertEquals(ours.calls, ["secure"]);
  theirs.secureFails = Object.assign(new Error("self-signed"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  assertEquals(await codeOf(bad.secure("{}")), "DEPTH_ZERO_SELF_SIGNED_CERT");
  await settled();
  assertEquals([theirs.calls[0], theirs.calls.at(-1)], ["secure", "destroy"]);
});

Deno.test("Options that are none, and hosts longer than any, fail their connection and nothing else", async () => {
  const { bridge, dialled, connect } = scene();
  for (const options of ["", "x", "null", "1", "[".repeat(1e5), " ".repeat(2 ** 20 + 1)]) {
    assertEquals(
      await codeOf(connect("db.example.com", 1, options).opened),
      "ERR_INVALID_ARG_VALUE",
      options.slice(0, 9),
    );
  }
  const error = await assertRejects(() => connect("a".repeat(1e6), 1, "{}").opened) as Error & { code: string };
  assertEquals([error.code, error.message.length < 300], ["ENOTFOUND", true]);
  const connection = connect("db.example.com", 1, "{}");
  await connection.opened;
  assertEquals(await codeOf(connection.secure("{")), "ERR_INVALID_ARG_VALUE");
  await settled();
  assertEquals([bridge.size, dialled[0]!.calls.at(-1)], [0, "destroy"]);
});

Deno.test("A host that fails to say where a connection leads closes it, and does not end", async () => {
  const broken = new FakeConnection();
  Object.defineProperty(broken, "facts", {
    get: () => {
      throw new Error("no facts");
    },
  });
  const { bridge, connect } = scene(() => Promise.resolve(broken));
  assertEquals(await codeOf(connect("db.example.com", 1, "{}").opened), "ECONNRESET");
  await settled();
  assertEquals([bridge.size, broken.calls.at(-1)], [0, "destroy"]);
});

Deno.test("Forged messages break the protocol or change nothing", async () => {
  const { bridge, host, dialled, told } = scene();
  const forged: readonly unknown[][] = [
    [ID, 1, 80, "{}"],
    [ID, "a", "80", "{}"],
    [ID, "a", 80, null],
    [ID + 1, "a", 80, "{}"],
    [0, "a", 80, "{}"],
    [ID - 0.5, "a", 80, "{}"],
    [NaN, "a", 80, "{}"],
    [-Infinity, "a", 80, "{}"],
    [{}, "a", 80, "{}"],
    [],
  ];
  for (const fields of forged) assertThrows(() => bridge.onConnect(fields as never), WireViolation);
  bridge.onConnect([ID, "a", 80, "{}", ""]);
  assertThrows(() => bridge.onConnect([ID, "a", 80, "{}", ""]), WireViolation);
  await settled();
  assertThrows(() => bridge.onSet(ID, {}, 1), WireViolation);
  assertThrows(() => bridge.onSet(ID, "noDelay", "1"), WireViolation);
  assertThrows(() => bridge.onSecure(ID, "0", "{}"), WireViolation);
  assertThrows(() => bridge.onSecure(ID, 0, {}), WireViolation);
  for (const bytes of ["text", null, 5, new ArrayBuffer(4), { byteLength: 4 }]) {
    assertThrows(() => host.receiving.onData(ID, bytes), WireViolation);
  }
  for (const credit of [-1, 0, NaN, Infinity, "1"]) {
    assertThrows(() => host.sending.onCredit(ID, credit as number), WireViolation);
  }
  for (const id of [ID - 1, 5, NaN, "x"] as number[]) {
    bridge.onSet(id, "noDelay", 1);
    bridge.onSecure(id, 0, "{}");
    bridge.onClose(id);
    host.receiving.onData(id, new Uint8Array(1));
    host.sending.onCredit(id, 1);
  }
  // More than was granted ends the isolate.
  const [peer] = dialled as [FakeConnection];
  peer.stuck = new Promise(() => {});
  host.receiving.onData(ID, new Uint8Array(1));
  await settled();
  host.receiving.onData(ID, new Uint8Array(TCP_WINDOW_BYTES));
  assertThrows(() => host.receiving.onData(ID, new Uint8Array(1)), WireViolation);
  bridge.onClose(ID);
  bridge.onClose(ID);
  await settled();
  assertEquals(told.filter((field) => field === OP.TCP_CLOSED).length, 1);
  assertEquals([peer.calls.at(-1), bridge.size], ["destroy", 0]);
});

Deno.test("Where no app may connect, every connection fails", async () => {
  const told: unknown[] = [];
  const wire = new Wire({ postMessage: (batch) => told.push(...Array.from(batch as unknown[])) }, (flush) => flush());
  const bridge = new TcpBridge(wire, undefined);
  bridge.onConnect([ID, "a", 80, "{}", ""]);
  await settled();
  wire.flush();
  assertEquals(told.includes("EMFILE"), true);
  assertEquals([bridge.size, wire.openStreams], [0, 0]);
});
