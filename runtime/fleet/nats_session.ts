/** One connection to NATS servers, made when it is first needed and again when it is lost, and calls that sit elections out. */
import { jetstream, type JetStreamClient, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core";
import { inTime, LATE } from "../deadline.ts";
import { NanoError } from "../errors.ts";
import { BindingError } from "../protocol/binding_call.ts";
import type { NatsCredentials, NatsEngine } from "./engine_config.ts";
import { fleetUnavailable } from "./fleet_store.ts";
import { isLoginRefused, natsFailure, reasonText } from "./nats_failures.ts";
import { connectNats } from "./nats_transport.ts";
import { oldServer } from "./nats_version.ts";

/** Of one try: far more than an answer takes, far less than an election. */
const TRY_MS = 2_500;
/** A server that is gone keeps one from the next for as long as it is dialed: no longer than this many first tries. */
const LONGEST_DIAL = 4;
/** Between two tries; an election is over after 4 to 9 s. */
const AGAIN_MS = 200;
/** A server that is silent this long, twice, is left for another. */
const PING_MS = 3_000;

/** A connection that is there. */
export interface Reached {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
}

/** What came of a try, unless it is to be made again. */
export interface TryOptions {
  /** Of all tries together. */
  readonly callMs?: number;
}

/** Connects, and calls. */
export class NatsSession implements AsyncDisposable {
  readonly #engine: NatsEngine;
  readonly #onReached: (reached: Reached) => Promise<void>;
  readonly #ended = new AbortController();
  #reached: Promise<Reached> | null = null;
  /** Of {@linkcode NatsSession.#reached}, once it was made. */
  #connection: NatsConnection | null = null;
  /** Of the next connection; a slow way takes several trips before one is in. */
  #dialMs: number;
  /** Why servers let this node in no more; null while it is in, and before. */
  #refusal: Error | null = null;
  /** Since when no try of any call was answered; null while answers come. */
  #silentSince: number | null = null;

  /** @param onReached each time that a connection was made, before anything else is asked by it */
  constructor(engine: NatsEngine, onReached: (reached: Reached) => Promise<void>) {
    this.#engine = engine;
    this.#dialMs = engine.times.dialMs;
    this.#onReached = onReached;
  }

  /**
   * Calls, and calls again while what fails may pass.
   * @param action for the message: "ask the fleet's engine for its newest change"
   * @param run may find that an earlier try of it was carried out without an answer
   * @throws {NanoError} FLEET_UNAVAILABLE
   * @throws {BindingError} what `run` refuses an app
   * @throws whatever `run` throws of {@linkcode NatsFailure} `conflict` and `missing`, at once
   */
  async call<T>(action: string, run: (reached: Reached) => Promise<T>, options: TryOptions = {}): Promise<T> {
    const until = performance.now() + (options.callMs ?? this.#engine.times.callMs);
    let last: unknown = null;
    for (;;) {
      try {
        this.#ended.signal.throwIfAborted();
        const came = await inTime(this.#reach().then(run), until - performance.now());
        if (came !== LATE) {
          this.#silentSince = null;
          return came;
        }
        throw fleetUnavailable(action, last === null ? this.#noAnswer() : this.#reasonOf(last));
      } catch (error) {
        last = error;
        if (error instanceof NanoError || error instanceof BindingError) throw error;
        const failure = natsFailure(error);
        if (failure === "passing") this.#leaveSilent();
        else this.#silentSince = null;
        if (failure === "conflict" || failure === "missing") throw error;
        const isLate = performance.now() + AGAIN_MS > until;
        if (failure === "refused" || isLate || this.#ended.signal.aborted) {
          throw fleetUnavailable(action, this.#reasonOf(error));
        }
        await pause(AGAIN_MS, this.#ended.signal);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new Error("this store is closed"));
    const reached = await this.#reached?.catch(() => null);
    await reached?.connection.close();
  }

  /** With the servers; "TIMEOUT" says little to people. */
  #reasonOf(error: unknown): Error {
    const text = reasonText(error);
    if (/^timeout$/i.test(text)) return this.#noAnswer(error);
    return new Error(`${text} (${this.#engine.servers.join(", ")})`, { cause: error });
  }

  #noAnswer(cause?: unknown): Error {
    const servers = this.#engine.servers.join(", ");
    const why = this.#refusal === null ? "no answer came from" : `${reasonText(this.#refusal)}:`;
    return new Error(`${why} ${servers}`, { cause });
  }

  /** One server may be cut off from the others, or not have found them again: it answers pings and nothing else. */
  #leaveSilent(): void {
    const now = performance.now();
    this.#silentSince ??= now;
    if (now - this.#silentSince < this.#engine.times.silentMs) return;
    this.#silentSince = null;
    this.#connection?.reconnect().catch(() => {
      // It was closed meanwhile: the next try connects anew.
    });
  }

  /** The client looks for servers again and again, and tells nobody who asks that they refuse its login. */
  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === "reconnect") this.#refusal = null;
      else if (status.type === "error" && isLoginRefused(status.error)) this.#refusal = status.error;
    }
  }

  #reach(): Promise<Reached> {
    return this.#reached ??= this.#connect().catch((error) => {
      this.#reached = null;
      throw error;
    });
  }

  async #connect(): Promise<Reached> {
    const { dialMs } = this.#engine.times;
    const connection = await connectNats({ ...connectionOptions(this.#engine), timeout: this.#dialMs }).catch(
      (error) => {
        this.#dialMs = Math.min(this.#dialMs * 2, dialMs * LONGEST_DIAL);
        throw error;
      },
    );
    this.#dialMs = dialMs;
    try {
      this.#ended.signal.throwIfAborted();
      const version = connection.info?.version ?? "without a version";
      const old = this.#engine.allowsOldServer ? null : oldServer(version);
      if (old !== null) throw fleetUnavailable("use this NATS server", new Error(old));
      const reached: Reached = {
        connection,
        js: jetstream(connection, { timeout: TRY_MS }),
        // Without asking for the account's limits, which a login for reading may not.
        jsm: await jetstreamManager(connection, { timeout: TRY_MS, checkAPI: false }),
      };
      await this.#onReached(reached);
      this.#connection = connection;
      this.#refusal = null;
      void this.#watch(connection);
      connection.closed().then(() => this.#reached = this.#connection = null);
      return reached;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }
}

function connectionOptions({ servers, name, credentials, tls, isInsecure }: NatsEngine): ConnectionOptions {
  const authenticator = authenticatorOf(credentials);
  return {
    servers: servers.map((server) => server.replace(/^(?:nats|tls):\/\//, "")),
    name: `nano ${name}`,
    pingInterval: PING_MS,
    maxPingOut: 2,
    // Found again by itself, for as long as it takes; a login that was refused may have been mended.
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: AGAIN_MS,
    ignoreAuthErrorAbort: true,
    // Servers tell of others, anywhere: not where what is said must stay on this machine.
    ignoreClusterUpdates: tls === null && !isInsecure,
    ...authenticator && { authenticator },
    ...tls && {
      tls: {
        ...tls.ca !== null && { ca: tls.ca },
        // Deno.startTls takes no client certificate, so that the server has to expect TLS from the first byte.
        ...tls.own && { ...tls.own, handshakeFirst: true },
      },
    },
  };
}

function authenticatorOf(credentials: NatsCredentials): Authenticator | null {
  switch (credentials.kind) {
    case "none":
      return null;
    case "token":
      return tokenAuthenticator(credentials.token);
    case "password":
      return usernamePasswordAuthenticator(credentials.user, credentials.password);
    case "nkey":
      return nkeyAuthenticator(new TextEncoder().encode(credentials.seed));
    case "creds":
      return credsAuthenticator(new TextEncoder().encode(credentials.text));
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
