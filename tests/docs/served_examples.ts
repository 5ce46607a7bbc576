/** Serves apps of docs/examples/ through a real NANO, for tests. */
import { Nano, resolveConfig } from "../../mod.ts";
import { fromFileUrl, REPO } from "../support/repo.ts";

/** A running NANO with its apps; disposing it ends both. */
export class ServedExamples implements AsyncDisposable {
  readonly nano: Nano;
  readonly #stateDir: string;
  /** The log since before the first app ran. */
  readonly #log: string[];
  // Without allowHost, fetch replaces the Host header by that of the URL
  readonly #client = Deno.createHttpClient({ allowHost: true });

  private constructor(nano: Nano, stateDir: string, log: string[]) {
    this.nano = nano;
    this.#stateDir = stateDir;
    this.#log = log;
  }

  /** @param apps as in nano.json; paths are below docs/examples/ */
  static async start(apps: readonly Readonly<Record<string, unknown>>[]): Promise<ServedExamples> {
    const stateDir = await Deno.makeTempDir({ prefix: "nano-docs-" });
    const document = { hostname: "127.0.0.1", port: 0, admin: false, state_dir: stateDir, apps };
    const baseDir = fromFileUrl(new URL("docs/examples", REPO));
    const config = await resolveConfig(document, { file: null, baseDir, hostEnv: () => undefined });
    const log: string[] = [];
    return new ServedExamples(await Nano.start(config, { write: (text) => void log.push(text) }), stateDir, log);
  }

  /** A request to an app by its host. */
  fetch(host: string, path = "/", init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("host", host);
    return fetch(new URL(path, this.nano.url), { ...init, headers, client: this.#client, redirect: "manual" });
  }

  /** A WebSocket to an app that is found by its own port. */
  socket(app: string): WebSocket {
    return new WebSocket(`ws://127.0.0.1:${this.nano.ownPorts.get(app)}/`);
  }

  /** Runs a job now. @returns whether it went well */
  runCron(app: string, name: string): Promise<boolean> {
    return this.nano.operations.apps.runCron(app, name, { actor: "test", ifMatch: null });
  }

  /** Lines that an app wrote to its console, with their levels; they come a few ms late. */
  lines(app: string): string[] {
    const records = this.#log.join("").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    return records.filter((one) => one.event === "app_log" && one.app === app).map(({ level, text }) =>
      `${level} ${text}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nano.drain();
    this.#client.close();
    await Deno.remove(this.#stateDir, { recursive: true });
  }
}

/** The next event of a kind of a socket, or an error after 10 s. */
export function once<K extends keyof WebSocketEventMap>(socket: WebSocket, kind: K): Promise<WebSocketEventMap[K]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No "${kind}" within 120 s`)), 120_000);
    socket.addEventListener(kind, (event) => {
      clearTimeout(timer);
      resolve(event);
    }, { once: true });
  });
}
