/** WebSocket messages through NANO against raw Deno.serve: one at a time, and many under way. */
import { benchProject } from "./bench_project.ts";
import { SERVE_APP } from "./bench_apps.ts";
import { cpuSeconds } from "./cpu_seconds.ts";
import { interleave, median, ratioOf } from "./rounds.ts";
import { type Server, startNano, startRaw } from "./servers.ts";
import { printTable } from "./table.ts";

const MESSAGE_BYTES = 64;
/** What precedes the payload: two bytes, and a mask of four on the way to a server (RFC 6455, 5.2). */
const HEAD_BYTES = { toServer: 6, toClient: 2 } as const;
const TEXT_FRAME = 0x81;
const IS_MASKED = 0x80;

/** Prints messages a second, ratios, and what a message costs the server. */
export async function benchSockets(short: boolean): Promise<void> {
  await using project = await benchProject({ serve: { files: SERVE_APP, config: { hostname: "serve.bench" } } });
  await using nano = await startNano(project.configFile);
  await using plain = await startRaw("plain");
  const rows: string[][] = [];
  for (const [name, underWay] of [["ping-pong", 1], ["64 under way", 64]] as const) {
    const micros: Record<"raw" | "ours", number[]> = { raw: [], ours: [] };
    using rawClient = await EchoClient.open(plain, underWay);
    using nanoClient = await EchoClient.open(nano, underWay);
    const rate = (client: EchoClient, costs: number[]) => async () => {
      const before = cpuSeconds(client.pid);
      const { messages, seconds } = await client.run(short ? 1 : 2);
      costs.push((cpuSeconds(client.pid) - before) * 1e6 / messages);
      return messages / seconds;
    };
    const { raw, ours } = await interleave(
      { raw: rate(rawClient, micros.raw), ours: rate(nanoClient, micros.ours) },
      short ? 5 : 9,
    ) as Record<"raw" | "ours", number[]>;
    rows.push([
      name,
      thousands(raw),
      thousands(ours),
      ratioOf(ours, raw),
      `${median(micros.raw).toFixed(1)} / ${median(micros.ours).toFixed(1)}`,
    ]);
  }
  printTable(`WebSockets, texts of ${MESSAGE_BYTES} bytes (messages a second; ratio: more is better)`, [
    "",
    "raw",
    "NANO",
    "NANO / raw",
    "CPU us raw / NANO",
  ], rows);
}

/** Sends frames and waits for as many bytes as their echoes have; its own cost is that of a TCP client. */
class EchoClient implements Disposable {
  readonly pid: number;
  readonly #connection: Deno.TcpConn;
  readonly #frames: Uint8Array;
  readonly #underWay: number;
  readonly #buffer = new Uint8Array(64 * 1024);

  private constructor(pid: number, connection: Deno.TcpConn, underWay: number) {
    this.pid = pid;
    this.#connection = connection;
    this.#underWay = underWay;
    const frameBytes = HEAD_BYTES.toServer + MESSAGE_BYTES;
    this.#frames = new Uint8Array(frameBytes * underWay);
    for (let at = 0; at < this.#frames.length; at += frameBytes) {
      // A mask of zeros leaves the text as it is.
      this.#frames.set([TEXT_FRAME, IS_MASKED | MESSAGE_BYTES, 0, 0, 0, 0], at);
      this.#frames.fill(0x61, at + HEAD_BYTES.toServer, at + frameBytes);
    }
  }

  static async open({ pid, port }: Server, underWay: number): Promise<EchoClient> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay();
    const client = new EchoClient(pid, connection, underWay);
    const head = "GET /echo HTTP/1.1\r\nhost: serve.bench\r\nconnection: upgrade\r\nupgrade: websocket\r\n" +
      "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    await connection.write(new TextEncoder().encode(head));
    const count = await connection.read(client.#buffer) ?? 0;
    const answer = new TextDecoder().decode(client.#buffer.subarray(0, count));
    if (!answer.startsWith("HTTP/1.1 101 ")) throw new Error(`The server did not take the WebSocket: ${answer}`);
    return client;
  }

  async run(seconds: number): Promise<{ messages: number; seconds: number }> {
    const wanted = this.#underWay * (HEAD_BYTES.toClient + MESSAGE_BYTES);
    const began = performance.now();
    let messages = 0;
    let now = began;
    for (; now - began < seconds * 1000; now = performance.now()) {
      for (let sent = 0; sent < this.#frames.length;) {
        sent += await this.#connection.write(this.#frames.subarray(sent));
      }
      for (let got = 0; got < wanted;) {
        const count = await this.#connection.read(this.#buffer);
        if (count === null) throw new Error("The server closed the WebSocket");
        got += count;
      }
      messages += this.#underWay;
    }
    return { messages, seconds: (now - began) / 1000 };
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

function thousands(values: readonly number[]): string {
  return `${(median(values) / 1000).toFixed(1)}k`;
}
