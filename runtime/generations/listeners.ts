/** The open listeners: the public one, and one for each app that has a port of its own. */
import type { NanoConfig } from "../config/resolved_config.ts";
import { descriptors } from "../machine/descriptors.ts";
import { messageOf, NanoError } from "../errors.ts";
import { MAX_PEM_BYTES } from "../config/tls_check.ts";
import { readRegularText } from "../regular_file.ts";
import type { Dispatcher } from "../http/dispatcher.ts";
import type { AppTarget } from "../terms/app_call.ts";
import { listen, type Listener, type ListenOptions } from "../http/server.ts";

/** How listeners find an app and tell of trouble. */
export interface ListenersTools {
  readonly dispatcher: Dispatcher;
  readonly appNamed: (name: string) => AppTarget | null;
  readonly warn: (text: string) => void;
}

/** Opens and closes listeners as generations come and go. */
export class Listeners {
  readonly main: Listener;
  readonly #tools: ListenersTools;
  readonly #tls: ListenOptions["tls"];
  readonly #hostname: string;
  /** By app name. */
  readonly #own = new Map<string, Listener>();

  private constructor(config: NanoConfig, tls: ListenOptions["tls"], tools: ListenersTools) {
    this.#tools = tools;
    this.#tls = tls;
    this.#hostname = config.hostname;
    this.main = listen(tools.dispatcher, {
      hostname: config.hostname,
      port: config.port,
      tls,
      target: null,
      warn: tools.warn,
    });
  }

  /**
   * Opens the public listener.
   * @throws {NanoError} USAGE when its address cannot be had, CONFIG_INVALID when its certificate cannot be read
   */
  static async open(config: NanoConfig, tools: ListenersTools): Promise<Listeners> {
    const listeners = new Listeners(config, await readTls(config.tls), tools);
    descriptors.keepReserve();
    return listeners;
  }

  /** Where clients reach the public listener. */
  get url(): string {
    const { hostname, port, scheme } = this.main;
    const shown = hostname === "0.0.0.0" || hostname === "::" ? "127.0.0.1" : hostname;
    return `${scheme}://${shown.includes(":") ? `[${shown}]` : shown}:${port}`;
  }

  /**
   * Opens the ports that a configuration adds. `commit` closes those it drops, each once nothing of its app drains any
   * more: Deno breaks bodies and WebSockets off the moment a server stops listening.
   * @throws {NanoError} USAGE when one cannot be had; the others opened for it are closed again
   */
  prepare(config: NanoConfig): { commit(drained: (app: string) => Promise<void>): void; discard(): void } {
    const wanted = new Map(config.apps.filter(({ port }) => port !== null).map((app) => [app.name, app.port!]));
    const opened = new Map<string, Listener>();
    const discard = () => {
      for (const listener of opened.values()) listener.shutdown();
    };
    try {
      for (const [name, port] of wanted) {
        const present = this.#own.get(name);
        if (present !== undefined && (port === 0 || present.port === port)) continue;
        opened.set(name, this.#listenFor(name, port));
      }
    } catch (error) {
      discard();
      throw error;
    }
    const commit = (drained: (app: string) => Promise<void>) => {
      for (const [name, listener] of [...this.#own]) {
        if (wanted.has(name) && !opened.has(name)) continue;
        this.#own.delete(name);
        void drained(name).then(() => listener.shutdown());
      }
      for (const [name, listener] of opened) this.#own.set(name, listener);
    };
    return { commit, discard };
  }

  /** Ports of apps with a listener of their own, by app. */
  ownPorts(): Map<string, number> {
    return new Map([...this.#own].map(([name, { port }]) => [name, port]));
  }

  /** Stops accepting everywhere; settles when every connection is finished. */
  async shutdown(): Promise<void> {
    descriptors.freeReserve();
    await Promise.all([this.main, ...this.#own.values()].map((listener) => listener.shutdown()));
  }

  #listenFor(name: string, port: number): Listener {
    const { dispatcher, appNamed, warn } = this.#tools;
    return listen(dispatcher, {
      hostname: this.#hostname,
      port,
      tls: this.#tls,
      target: () => appNamed(name),
      warn,
    });
  }
}

async function readTls(tls: NanoConfig["tls"]): Promise<ListenOptions["tls"]> {
  if (tls === null) return null;
  try {
    const cert = await readRegularText(tls.cert, MAX_PEM_BYTES);
    return { cert, key: await readRegularText(tls.key, MAX_PEM_BYTES) };
  } catch (error) {
    throw new NanoError("CONFIG_INVALID", `Cannot read the certificate: ${messageOf(error)}`, { cause: error });
  }
}
