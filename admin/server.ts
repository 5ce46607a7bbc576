/** Runs the admin listener. */
import { isIP } from "node:net";
import { inTime, LastingServer, NanoError, systemClock } from "../runtime/mod.ts";
import type { AdminApiOptions } from "./api_options.ts";
import type { AdminEnv } from "./gate/admin_env.ts";
import type { AdminTarget } from "./gate/admin_target.ts";
import type { EventStreams } from "./streams/event_streams.ts";
import type { Sessions } from "./gate/session.ts";
import { SignInLinks } from "./gate/sign_in_links.ts";

/** What {@linkcode AdminServer.start} takes beside NANO. */
export interface AdminServerOptions {
  readonly hostname: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly token: string;
  /** Told of errors that are NANO's own fault. Default: standard error. */
  readonly report?: (error: unknown) => void;
  /** Default: 64 at once, a heartbeat each 15 s. */
  readonly streams?: EventStreams;
  /** The dashboard's pages, mounted at `/`. Default: {@linkcode createDashboard}. */
  readonly dashboard?: NonNullable<AdminApiOptions["dashboard"]>;
  /** Default: none yet. */
  readonly sessions?: Sessions;
}

/** How long answers that are under way may take when the listener ends. */
const CLOSE_WAIT_MS = 1000;

/** What answers. */
interface Api {
  fetch(request: Request, env: AdminEnv["Bindings"]): Response | Promise<Response>;
}

/**
 * The API with the dashboard, loaded when somebody first asks: that takes an eighth of the CPU of a start (0.09 s of 0.69),
 * and many a NANO is asked by nobody.
 */
class LateApi {
  readonly #nano: AdminTarget;
  readonly #options: AdminApiOptions;
  #api: Promise<Api> | null = null;

  constructor(nano: AdminTarget, options: AdminApiOptions) {
    this.#nano = nano;
    this.#options = options;
  }

  /** Rejects when it cannot be loaded, as without descriptors; whoever asks next has it tried again. */
  async get(): Promise<Api> {
    try {
      return await (this.#api ??= this.#load());
    } catch (error) {
      this.#api = null;
      throw error;
    }
  }

  async #load(): Promise<Api> {
    // One after the other: for each import under way Deno walks the whole graph
    const { createAdminApi } = await import("./api.ts");
    const { createDashboard } = await import("./dashboard/create_dashboard.tsx");
    return createAdminApi(this.#nano, { dashboard: () => createDashboard(this.#nano), ...this.#options });
  }
}

/** The running admin listener; disposing it waits at most a second for answers under way, then cuts them. */
export class AdminServer implements AsyncDisposable {
  readonly #server: LastingServer;
  /** Ends the streams, which would never end by themselves. */
  readonly #ending: AbortController;
  readonly #underWay: Set<Promise<unknown>>;
  readonly #links: SignInLinks;

  private constructor(
    server: LastingServer,
    ending: AbortController,
    { underWay, links }: { underWay: Set<Promise<unknown>>; links: SignInLinks },
  ) {
    this.#server = server;
    this.#ending = ending;
    this.#underWay = underWay;
    this.#links = links;
  }

  /**
   * Opens the listener.
   * @throws {NanoError} INTERNAL when the address cannot be listened on
   */
  static start(nano: AdminTarget, options: AdminServerOptions): AdminServer {
    const { hostname, port } = options;
    const { hostname: _hostname, port: _port, ...given } = options;
    const links = new SignInLinks();
    const api = new LateApi(nano, { ...given, hostnames: [hostname], links });
    const ending = new AbortController();
    const underWay = new Set<Promise<unknown>>();
    const handler = async (request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) => {
      // A client that goes away rejects `completed`; for the end of the listener that is as good as an answer.
      const delivered: Promise<unknown> = info.completed.catch(() => {}).finally(() => underWay.delete(delivered));
      underWay.add(delivered);
      return (await api.get()).fetch(request, { peer: info.remoteAddr.hostname, closing: ending.signal });
    };
    try {
      const warn = (text: string) => nano.events.emit({ event: "warning", text });
      const server = new LastingServer({ hostname, port, tls: null, clock: systemClock, warn }, handler);
      return new AdminServer(server, ending, { underWay, links });
    } catch (error) {
      const reason = error instanceof Deno.errors.AddrInUse
        ? "another process listens there (--admin-port N takes another port)"
        : String(error);
      throw new NanoError("INTERNAL", `Cannot listen on ${authority(hostname, port)} for the admin API: ${reason}`, {
        cause: error,
      });
    }
  }

  /** Where it is reached, without a slash at the end. */
  get url(): string {
    const { hostname, port } = this.#server.addr;
    const reachable = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
    return `http://${authority(reachable, port)}`;
  }

  /** A URL that opens the dashboard without a token, once and within ten minutes; for the eyes of who started NANO. */
  signInUrl(): string {
    return `${this.url}/sign-in?key=${this.#links.make()}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    try {
      await inTime(Promise.all(this.#underWay), CLOSE_WAIT_MS);
    } finally {
      // Not `shutdown()`: it waits without end for a client that reads nothing, and aborting after it throws.
      await this.#server.cut();
    }
  }
}

function authority(hostname: string, port: number): string {
  return `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`;
}
