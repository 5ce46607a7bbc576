/** Deno.serve that goes on when it cannot accept any more: the process may have run out of descriptors. */
import type { Clock } from "../clock.ts";
import { type Descriptors, descriptors } from "../machine/descriptors.ts";
import { messageOf } from "../errors.ts";

/** What it is started with. */
export interface LastingServerOptions {
  readonly hostname: string;
  /** 0 picks a free one, which is kept. */
  readonly port: number;
  /** PEM texts; without them it speaks plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly clock: Pick<Clock, "after">;
  /** As of Deno.serve. */
  readonly onError?: (thrown: unknown) => Response;
  /** Told once when it can accept no more, and once when it does again. */
  readonly warn: (text: string) => void;
  /** Default: this process's. */
  readonly descriptors?: Pick<Descriptors, "isScarce" | "limit" | "freeReserve" | "keepReserve">;
}

/** A server of Deno's, and what cuts all of its connections; after its `shutdown` that throws where nobody can catch it. */
interface Listening {
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  readonly abort: AbortController;
}

type Handler = (request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) => Response | Promise<Response>;

/** Between two tries to listen again, doubled up to the longest. */
const FIRST_TRY_MS = 50;
const LONGEST_TRY_MS = 1_000;
/** A listener that accepts this long is well again. */
const WELL_AFTER_MS = 5_000;

/** A listener that lasts. */
export class LastingServer {
  readonly addr: Deno.NetAddr;
  readonly #options: LastingServerOptions;
  readonly #handler: Handler;
  readonly #descriptors: NonNullable<LastingServerOptions["descriptors"]>;
  /** Servers that accept no more and still serve the connections they have, oldest first. */
  #spent: Listening[] = [];
  /** Null while it cannot listen. */
  #current: Listening | null;
  #isClosing = false;
  #isIll = false;
  #cancel: (() => void) | null = null;

  /** @throws {Deno.errors.AddrInUse} and what else listening throws */
  constructor(options: LastingServerOptions, handler: Handler) {
    this.#options = options;
    this.#handler = handler;
    this.#descriptors = options.descriptors ?? descriptors;
    const listening = this.#current = this.#open(options.port);
    this.addr = listening.server.addr;
  }

  /** Stops accepting; settles when every connection is finished. */
  async shutdown(): Promise<void> {
    this.#close();
    await Promise.allSettled(this.#all().map(({ server }) => server.shutdown()));
  }

  /** Cuts every connection, but for answers under way on servers that were shed; settles when they are gone. */
  async cut(): Promise<void> {
    this.#close();
    for (const { abort } of this.#all()) abort.abort();
    // Those that are spent have told their failure already.
    await Promise.allSettled([this.#current?.server.finished]);
  }

  /** Those with connections to cut or to finish. */
  #all(): Listening[] {
    return this.#current === null ? this.#spent : [...this.#spent, this.#current];
  }

  #close(): void {
    this.#isClosing = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  #open(port: number): Listening {
    const { hostname, tls, onError } = this.#options;
    const abort = new AbortController();
    const server = Deno.serve({
      hostname,
      port,
      ...(tls === null ? {} : tls),
      ...(onError === undefined ? {} : { onError }),
      signal: abort.signal,
      onListen() {},
    }, this.#handler);
    const listening = { server, abort };
    server.finished.catch((error) => this.#onSpent(listening, error));
    return listening;
  }

  /** Its listener is gone, its connections are not. */
  #onSpent(listening: Listening, error: unknown): void {
    if (this.#isClosing) return;
    this.#current = null;
    this.#spent.push(listening);
    this.#cancel?.();
    // What is left is for the admin listener and the log.
    this.#descriptors.freeReserve();
    if (!this.#isIll) {
      const { hostname, port } = this.addr;
      this.#options.warn(`Cannot accept connections on ${hostname}:${port}: ${messageOf(error)}`);
    }
    this.#isIll = true;
    this.#tryLater(FIRST_TRY_MS);
  }

  #tryLater(delayMs: number): void {
    this.#cancel = this.#options.clock.after(delayMs, () => {
      if (this.#descriptors.isScarce) this.#shed();
      try {
        this.#current = this.#open(this.addr.port);
      } catch {
        // No descriptor is left to listen with.
        this.#tryLater(Math.min(delayMs * 2, LONGEST_TRY_MS));
        return;
      }
      this.#cancel = this.#options.clock.after(WELL_AFTER_MS, () => this.#onWell());
    });
  }

  /**
   * Closes the connections of the oldest server on which nothing is under way; its answers under way are finished.
   * Deno cannot close idle connections one by one, and closes a server's WebSockets with it: they come back.
   */
  #shed(): void {
    // A failure of a server that has failed already says nothing new.
    for (const { server } of this.#spent.splice(0)) server.shutdown().catch(() => {});
  }

  #onWell(): void {
    this.#cancel = null;
    this.#isIll = false;
    this.#descriptors.keepReserve();
    const { hostname, port } = this.addr;
    this.#options.warn(`Accepting connections on ${hostname}:${port} again`);
  }
}
