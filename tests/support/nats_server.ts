/** A nats-server with JetStream as a process of its own, or why there is none here. */
import { natsBinary, versionOf } from "./nats_binary.ts";

/** How long it may take to listen: bounds a hang only. */
const START_MS = 30_000;

/** A running server; its port stays the same over restarts. */
export class NatsServer implements AsyncDisposable {
  readonly dir: string;
  port = 0;
  #child: Deno.ChildProcess | null = null;
  #monitorPort = 0;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Version of the server of this machine, or null without one. */
  static async version(): Promise<string | null> {
    const binary = natsBinary();
    return binary === null ? null : `nats-server ${await versionOf(binary)} (${binary})`;
  }

  static async start(): Promise<NatsServer> {
    const server = new NatsServer(await Deno.makeTempDir({ prefix: "nano-test-" }));
    await server.again();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Starts it, after {@linkcode NatsServer.kill} with what it kept. */
  async again(): Promise<void> {
    const args = [
      "-a",
      "127.0.0.1",
      "-p",
      this.port === 0 ? "-1" : String(this.port),
      "-js",
      "-sd",
      `${this.dir}/data`,
      "-m",
      "-1",
    ];
    const ports = ["--ports_file_dir", this.dir];
    this.#child = new Deno.Command(natsBinary()!, {
      args: [...args, ...ports],
      stdout: "null",
      stderr: "null",
      stdin: "null",
    }).spawn();
    const from = performance.now();
    for (;;) {
      try {
        const { nats, monitoring } = JSON.parse(
          await Deno.readTextFile(`${this.dir}/nats-server_${this.#child.pid}.ports`),
        );
        this.port = Number(new URL(nats[0]).port);
        this.#monitorPort = Number(new URL(monitoring[0]).port);
        return;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound || error instanceof SyntaxError)) throw error;
        if (performance.now() - from > START_MS) throw new Error(`nats-server does not listen after ${START_MS} ms`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** What its clients have sent to it since it was started. */
  async messages(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.#monitorPort}/varz`);
    return (await answer.json()).in_msgs;
  }

  /** As a power cut of this one process. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.status;
    this.#child = null;
  }

  /** Loses its disks; call it while it does not run. */
  async wipe(): Promise<void> {
    await Deno.remove(`${this.dir}/data`, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.dir, { recursive: true });
  }
}
