/** The hot path: reads a request's head, finds its app, hands it over. */
import type { AppCall, AppTarget, Patience } from "../terms/app_call.ts";
import { type Clock, systemClock } from "../clock.ts";
import { NanoError } from "../errors.ts";
import type { RequestEvent } from "../terms/events.ts";
import { traceHeaders } from "../protocol/trace_context.ts";
import type { Tracer } from "../trace/tracer.ts";
import { TrustedProxies } from "./client_address.ts";
import { type Door, DoorCall } from "./door_call.ts";
import { receivedBytes } from "../machine/received_bytes.ts";
import { OpenBodies } from "./open_bodies.ts";
import { PATIENCE } from "./patience.ts";
import { doorHeaders, innerOf, readRequestHead } from "./request_head.ts";
import { hostnameOf, type Router } from "./router.ts";
import { serializedUrl } from "./serialized_url.ts";
import { UnfinishedMessages } from "./unfinished_messages.ts";

/** What a dispatcher works with. */
export interface DispatcherOptions {
  readonly trustedProxies: readonly string[];
  /** Whether clients may see stacks: loopback under `nano dev`. */
  readonly reveal: boolean;
  readonly now: () => number;
  /** Times slow clients. Default: the system's. */
  readonly clock?: Pick<Clock, "after">;
  /** Default: {@linkcode PATIENCE}. */
  readonly patience?: Patience;
  readonly tell: (event: RequestEvent) => void;
  /** Asked first under `nano dev`: tells whether it has taken a call, which is no request to the app's code then. */
  readonly aside?: (target: AppTarget, call: AppCall) => boolean;
  /** Missing while Deno's OpenTelemetry is off. */
  readonly tracer?: Tracer | null;
  /** Told of a client that was cut off for what it sent. */
  readonly warn?: (text: string) => void;
}

/** A listener as the dispatcher sees it. */
export interface ListenerView {
  readonly scheme: "http" | "https";
  /** Authority that Deno invents for a request without a Host, over plain HTTP. */
  readonly inventedHosts: ReadonlySet<string>;
  /** App of a listener of its own, by the router in force; null asks the router by host. */
  readonly target: (() => AppTarget | null) | null;
}

/**
 * No `Request` of the Fetch standard can have them: an app could not so much as copy the one that it got. A tunnel that
 * CONNECT asks for would take an app's 200 for its opening.
 */
const FORBIDDEN_METHOD = /^(?:CONNECT|TRACE|TRACK)$/i;

/** Longest request id that a trusted proxy may choose. */
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** Dispatches requests to apps by the router in force. */
export class Dispatcher {
  #proxies: TrustedProxies;
  readonly #options: DispatcherOptions;
  readonly #tracer: Tracer | null;
  readonly #door: Door & { draining: boolean };
  readonly #idPrefix = crypto.randomUUID().slice(0, 8);
  #count = 0;
  #router: Router | null;

  /** @param router null until the apps have left their first start; requests are asked to come back till then */
  constructor(router: Router | null, options: DispatcherOptions) {
    this.#router = router;
    this.#options = options;
    this.#tracer = options.tracer ?? null;
    this.#proxies = new TrustedProxies(options.trustedProxies);
    const { reveal, now, tell } = options;
    const { clock = systemClock, patience = PATIENCE, warn = () => {} } = options;
    const messages = new UnfinishedMessages({
      clock,
      warn,
      rss: () => Deno.memoryUsage().rss,
      received: receivedBytes,
    });
    this.#door = { draining: false, reveal, now, clock, patience, tell, bodies: new OpenBodies(), messages };
  }

  /** Puts another router in force; requests already handed over are not touched. */
  use(router: Router): void {
    this.#router = router;
  }

  /** Believes other proxies from now on. */
  trust(proxies: readonly string[]): void {
    this.#proxies = new TrustedProxies(proxies);
  }

  /** From now on answers ask clients to close their connections. */
  startDraining(): void {
    this.#door.draining = true;
  }

  /** Settles when no request is left whose body may still be on its way. */
  get bodiesRead(): Promise<void> {
    return this.#door.bodies.none;
  }

  /** Answers one request. */
  handle(request: Request, remote: Deno.NetAddr, listener: ListenerView): Promise<Response> {
    const inner = innerOf(request);
    const head = readRequestHead(request, inner);
    const peer = remote.hostname;
    let { url } = head;
    // Deno took it from the request line where that names a host, from the Host header otherwise, as RFC 9112 wants it.
    let host = authorityOf(url);
    const missing = (head.host === null || head.host === "") && listener.inventedHosts.has(host);
    // Only a request line with a host of its own makes them differ, or a Host like "a/b" that runs on into the path.
    const malformed = !missing && head.host !== null && head.host !== host && hostnameOf(head.host) === undefined;

    let client = peer;
    let chain = peer;
    let { scheme } = listener as { scheme: string };
    // A request line with a host may name any scheme, and an app would take http for https: RFC 9110, section 7.4.
    if (!url.startsWith(`${scheme}://`)) url = `${scheme}://${host}${afterAuthority(url)}`;
    let requestId: string | null = null;
    if (this.#proxies.trusts(peer)) {
      requestId = head.requestId !== null && REQUEST_ID.test(head.requestId) ? head.requestId : null;
      if (head.forwarded !== null) {
        const given = this.#proxies.resolve(peer, head.forwarded);
        client = given.hostname;
        chain = given.chain;
        if (given.scheme !== null) scheme = given.scheme;
        if (given.host !== null) host = given.host;
        url = `${scheme}://${host}${afterAuthority(url)}`;
      }
    }
    requestId ??= `${this.#idPrefix}-${(++this.#count).toString(36)}`;

    const router = this.#router;
    const routed = malformed ? undefined : router === null ? null : router.match(host);
    let target = routed === undefined || listener.target === null ? routed : listener.target();
    if (target?.choose !== undefined) target = target.choose();
    const span = this.#tracer === null || target === undefined || target === null || missing
      ? null
      : this.#tracer.startRequest({
        app: target.app.name,
        version: target.version ?? null,
        method: head.method,
        requestId,
        traceparent: head.traceparent,
        tracestate: head.tracestate,
      });
    const { traceparent, tracestate } = span ?? head;
    // Without a trace the client's own go on as they came, valid or not; first, where the isolate looks for them.
    const traced = traceparent === null && tracestate === null ? "" : traceHeaders(traceparent, tracestate);
    const call = new DoorCall({
      request,
      inner,
      app: target?.app.name ?? null,
      method: head.method,
      url: serializedUrl(url),
      headers: traced + head.headers + doorHeaders({ client, chain, scheme, host, requestId }),
      remote: `${client} ${remote.port}`,
      peer: remote,
      requestId,
      declaredBytes: head.declaredBytes,
      startedAt: this.#options.now(),
      span,
    }, this.#door);
    if (FORBIDDEN_METHOD.test(head.method)) {
      call.fail(new NanoError("BAD_REQUEST", `Cannot take the request: no app is asked by ${head.method}`));
    } else if (head.transferCoding !== null) {
      // RFC 9112, section 6.1: who cannot take a coding back has no body for the app.
      const shown = JSON.stringify(head.transferCoding);
      call.fail(
        new NanoError(
          "BAD_REQUEST",
          `Cannot take the request: of transfer codings only chunked is known, not ${shown}`,
        ),
      );
    } else if (missing) call.fail(new NanoError("BAD_REQUEST", "Cannot route the request: it has no Host header"));
    else if (target === undefined) {
      const shown = JSON.stringify(malformed ? head.host : host);
      call.fail(new NanoError("BAD_REQUEST", `Cannot route the request: ${shown} is no valid host`));
    } else if (router === null) {
      call.fail(new NanoError("APP_UNAVAILABLE", "Cannot route the request: NANO is still starting"));
    } else if (target === null) {
      call.fail(
        new NanoError("APP_NOT_FOUND", `Cannot route the request: no app claims the host ${JSON.stringify(host)}`),
      );
    } else if (this.#options.aside?.(target, call) !== true) target.fetch(call);
    return call.response;
  }
}

function authorityOf(url: string): string {
  const start = url.indexOf("://") + 3;
  const slash = url.indexOf("/", start);
  // A request line may name a host and go on with its query at once: GET http://host?query
  const query = url.indexOf("?", start);
  const end = query >= 0 && (slash < 0 || query < slash) ? query : slash;
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

/** Path and query, the path never empty. */
function afterAuthority(url: string): string {
  const rest = url.slice(url.indexOf("://") + 3 + authorityOf(url).length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}
