/** Serves one app inside its isolate: requests in, responses out, aborts, drain. */
import {
  assign,
  NativeError,
  NativeResponse,
  promiseThen,
  responseBody,
  streamCancel,
  stringCharCodeAt,
} from "../../protocol/primordials.ts";
import { SafeMap, SafeSet } from "../../protocol/safe_collections.ts";
import { type BatchSteps, type Handlers, type HandlerTable, handlerTable, runBatch } from "../../protocol/batch.ts";
import { FIRST_CALL_ID, type Plain } from "../../protocol/binding_call.ts";
import { EXCEPTION_LEVEL } from "../../protocol/messages.ts";
import { BODY, type BodyKind, OP, type SentBy, type WholeBody } from "../../protocol/operations.ts";
import type { CrossingBatch } from "../../protocol/queue_batch.ts";
import { FIRST_TCP_ID } from "../../protocol/tcp.ts";
import { streamHandlers } from "../../protocol/stream_operations.ts";
import type { Receiving, Wire } from "../../protocol/wire.ts";
import { enterRoot } from "./async_root.ts";
import type { CalledEntry, EntryOperation } from "../../protocol/rpc.ts";
import { runAtDepth } from "./call_depth.ts";
import { answerEntered, type Reachable } from "./entered_call.ts";
import { type AbortCallbacks, type ArrivedRequest, bodyContent, createRequest, openBody } from "./request.ts";
import { RequestContext, RequestEnv } from "./request_context.ts";
import { runTraced } from "./request_trace.ts";
import type { AppContext } from "./app_context.ts";
import { BindingClient } from "./binding_client.ts";
import { consume, type Consumer } from "./consume.ts";
import { describeError } from "./describe_error.ts";
import { FetchClient, type FetchedHead } from "./fetch.ts";
import { type AppScheduled, type CronMoment, schedule } from "./scheduled.ts";
import { BadResponse, sendResponse } from "./responder.ts";
import { SocketHub } from "./socket_hub.ts";
import { TcpClient } from "./tcp_client.ts";
import { whenSettled } from "./when_settled.ts";

/** What an app exports, once found. */
export type AppFetch = (request: Request, env: unknown, context: AppContext) => unknown;

/** A loaded app. */
export interface LoadedApp extends Consumer {
  readonly fetch: AppFetch;
  /** Null when the app exports none. */
  readonly scheduled: AppScheduled | null;
  /** What other apps reach of it beside its fetch. */
  readonly reachable: Reachable;
  /** The same for itself. */
  readonly exports: object;
}

/** The code of the error that a request gets from an app that has closed its server. */
const SERVER_CLOSED = "ERR_NANO_SERVER_CLOSED";

/** How `traceparent` begins. */
const LETTER_T = 0x74;

/** A request whose body may still have to be opened. */
type Arriving = Omit<ArrivedRequest, "receiving"> & { receiving: Receiving | null };

/** Takes operations off the wire and runs them against the app. */
export class AppServer {
  /** Outgoing requests. */
  readonly fetches: FetchClient;
  /** Calls of bindings. */
  readonly calls: BindingClient;
  /** WebSockets, incoming and outgoing. */
  readonly sockets: SocketHub;
  /** TCP connections. */
  readonly tcp: TcpClient;
  readonly #wire: Wire;
  #app: LoadedApp | null = null;
  readonly #aborts: AbortCallbacks = new SafeMap();
  readonly #report: (error: unknown) => void;
  readonly #handlers: HandlerTable;
  /** What an app's patches break in one operation takes no other one with it. */
  readonly #steps: BatchSteps;
  #pending = new SafeSet<number>();
  #waits = 0;
  #draining = false;
  /** Of the request that comes next. */
  #entry: CalledEntry | null = null;

  /** @param report tells the log of an error that no client hears of */
  constructor(wire: Wire, report: (error: unknown) => void) {
    this.#wire = wire;
    this.#report = report;
    this.#steps = { before: enterRoot, onError: report };
    this.calls = new BindingClient(wire);
    this.sockets = new SocketHub(wire);
    this.fetches = new FetchClient(wire, this.sockets);
    this.tcp = new TcpClient(wire);
    this.#handlers = this.#handlersOf(wire);
  }

  /** Hands requests to this app from now on. */
  serve(app: LoadedApp): void {
    this.#app = app;
  }

  /** Runs one batch. */
  receive(batch: readonly unknown[]): void {
    this.#wire.heard(batch);
    runBatch(batch, this.#handlers, this.#steps);
    enterRoot();
  }

  /** Each begins in the async context that nobody has entered. */
  #handlersOf(wire: Wire): HandlerTable {
    const { fetches, calls, sockets, tcp } = this;
    const handlers: Handlers<SentBy<"host">> = {
      ...streamHandlers(wire, {
        text: (value) => value as string,
        onError: (id, message) => {
          if (id <= FIRST_TCP_ID) wire.receiving.onError(id, message);
          else if (id < 0) fetches.onBodyFailed(id, message);
          else if (id >= FIRST_CALL_ID) calls.onBodyFailed(id, message);
          else wire.receiving.onError(id, message);
        },
      }),
      ENTER: (_id, entrypoint, props, operation, path, depth) => {
        this.#entry = { entrypoint, props, operation: operation as EntryOperation, path, depth } as CalledEntry;
      },
      // No rest and no spread: an app may have replaced how arrays are iterated.
      REQUEST: (id, method, url, headers, client, bodyKind, body) =>
        this.#requestOf({ id, method, url, headers, bodyKind, body, receiving: null } as Arriving, client as string),
      SCHEDULED: (id, cron, scheduledTime) =>
        this.#run(id as number, schedule(this.#app!, { cron, scheduledTime } as CronMoment, this.#report)),
      QUEUE: (id, queue, facts, bodies) =>
        this.#run(id as number, consume(this.#app!, { queue, facts, bodies } as CrossingBatch, wire)),
      ABORT: (id) => this.#abort(id as number),
      DRAIN: () => {
        this.#draining = true;
        this.#settle();
      },
      FETCHED: (id, status, statusText, headers, url, redirected, bodyKind) =>
        fetches.onFetched(id as number, { status, statusText, headers, url, redirected, bodyKind } as FetchedHead),
      FETCH_FAILED: (id, message) => fetches.onFailed(id as number, message as string),
      RETURNED: (id, values, bodyKind, body) =>
        calls.onReturned(id as number, values as readonly Plain[], bodyKind as BodyKind, body as WholeBody),
      CALL_FAILED: (id, name, message, code) =>
        calls.onFailed(id as number, name as string, message as string, code as string),
      SOCKET_OPEN: (id, protocol) => sockets.onOpen(id as number, protocol as string),
      SOCKET_MESSAGE: (id, data) => sockets.onMessage(id as number, data as string | Uint8Array<ArrayBuffer>),
      SOCKET_CLOSE: (id, code, reason) => {
        sockets.onClose(id as number, code as number, reason as string);
        if (this.#pending.has(id as number)) this.#finish(id as number);
      },
      SOCKET_SENT: (id, bytes) => sockets.onSent(id as number, bytes as number),
      TCP_OPENED: (id, facts) => tcp.onOpened(id as number, facts as string),
      TCP_CLOSED: (id, code, message) => tcp.onClosed(id as number, code as string, message as string),
    };
    return handlerTable(handlers);
  }

  #requestOf(arrived: Arriving, client: string): void {
    const { headers } = arrived;
    const entry = this.#entry;
    if (entry !== null) {
      this.#entry = null;
      runAtDepth(entry.depth, () => runTraced(headers, () => this.#request(arrived, client, entry)));
      return;
    }
    // A closure a request is dear; only a traced one, whose trace stands first, needs one.
    if (stringCharCodeAt(headers, 0) !== LETTER_T) this.#request(arrived, client, null);
    else runTraced(headers, () => this.#request(arrived, client, null));
  }

  #request(arrived: Arriving, remote: string, entry: CalledEntry | null): void {
    const { id } = arrived;
    arrived.receiving = openBody(arrived, this.#wire);
    this.#pending.add(id);
    let result: unknown;
    try {
      const app = this.#app!;
      const env = assign(new RequestEnv(remote), app.env);
      const context = new RequestContext(this, remote, {
        props: entry === null ? "" : entry.props,
        exports: app.exports,
      });
      if (entry === null || (entry.operation === "fetch" && entry.entrypoint === "default")) {
        result = app.fetch(createRequest(arrived, this.#wire, this.#aborts), env, context);
      } else {
        result = answerEntered(app.reachable, {
          entry,
          env,
          context,
          request: () => createRequest(arrived, this.#wire, this.#aborts),
          body: () => bodyContent(arrived, this.#wire),
          report: (error) => this.#tell(error),
          describe: (error) => describeError(error).message,
        });
      }
    } catch (error) {
      this.#fail(id, error);
      return;
    }
    whenSettled(result, (value) => this.#answer(id, value), (error) => this.#fail(id, error));
  }

  /** A job, or a batch of messages, stays pending until it has ended, so that a drain waits for it. */
  #run(id: number, work: Promise<string | void>): void {
    this.#pending.add(id);
    whenSettled(work, (result) => {
      if (!this.#pending.has(id)) return;
      const kind = result === undefined ? BODY.NONE : BODY.WHOLE;
      this.#wire.out.push(OP.RESPONSE, id, 204, "", "", kind, (result as string | undefined) ?? null);
      this.#wire.kick();
      this.#finish(id);
    }, (error) => this.#fail(id, error));
  }

  #answer(id: number, value: unknown): void {
    if (!this.#pending.has(id)) {
      // The host gave up on this request; its stream, if any, must not run on.
      if (value instanceof NativeResponse) dropBody(value);
      return;
    }
    try {
      // The request stays pending until its socket has closed, so that a drain waits for it.
      if (this.sockets.sendUpgrade(id, value)) return;
      sendResponse(this.#wire, id, value, () => this.#finish(id));
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #fail(id: number, error: unknown): void {
    if (!this.#pending.has(id)) return;
    const { name, message, stack } = describeError(error);
    this.#wire.out.push(OP.FAIL, id, codeOf(error), name, message, stack);
    this.#wire.kick();
    this.#finish(id);
  }

  /** Tells the log of an error that the app's caller gets. */
  #tell(error: unknown): void {
    const { name, message, stack } = describeError(error);
    this.#wire.out.push(OP.LOG, EXCEPTION_LEVEL, stack === "" ? `${name}: ${message}` : stack);
    this.#wire.kick();
  }

  #finish(id: number): void {
    this.#pending.delete(id);
    this.#aborts.delete(id);
    this.#settle();
  }

  #abort(id: number): void {
    const callback = this.#aborts.get(id);
    this.#finish(id);
    if (callback === undefined) return;
    try {
      callback();
    } catch (error) {
      this.#report(error);
    }
  }

  #settle(): void {
    if (!this.#draining || this.#pending.size > 0 || this.#waits > 0) return;
    this.#draining = false;
    this.#wire.out.push(OP.DRAINED);
    this.#wire.kick();
  }

  /** Keeps the isolate from draining until a promise has settled; a rejection goes to the log. */
  waitUntil(promise: unknown): void {
    this.#waits++;
    const done = () => {
      this.#waits--;
      this.#settle();
    };
    whenSettled(promise, done, (error) => {
      this.#report(error);
      done();
    });
  }
}

function ignore(): void {}

function dropBody(response: Response): void {
  const body = responseBody(response);
  if (body !== null) promiseThen(streamCancel(body), undefined, ignore);
}

/** `instanceof` runs traps of a thrown Proxy, which may throw themselves. */
function codeOf(error: unknown): string {
  try {
    if (error instanceof BadResponse) return "APP_BAD_RESPONSE";
    // No server of the app's node:http listens any more (runtime/node/http/listening.ts).
    if (error instanceof NativeError && (error as { code?: unknown }).code === SERVER_CLOSED) return "APP_FAILED";
  } catch {
    // It threw what throws when it is looked at.
  }
  return "APP_EXCEPTION";
}
