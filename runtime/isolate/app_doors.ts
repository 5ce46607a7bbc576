/** The ways in and out that an app finds among its globals: fetch, WebSocket, Deno.serve, fetch events. */
import {
  apply,
  defineGlobal,
  defineMember,
  defineProperty,
  global,
  ITERATOR,
  NativePromise,
  NativeResponse,
  NativeTypeError,
  resolved,
  stringTrim,
  TO_STRING_TAG,
} from "../protocol/primordials.ts";
import type { FullParts } from "../protocol/process_cell.ts";
import { append, findInList, removeFromList } from "../protocol/safe_lists.ts";
import type { AppFetch, AppServer } from "./traffic/app_server.ts";
import { createEventSource } from "./platform/event_source.ts";
import type { RegisteredCron, Registrations } from "./traffic/find_handler.ts";
import { NODE_SERVER } from "./traffic/late_server.ts";
import { AppSocket } from "./traffic/socket.ts";

const ASYNC_DISPOSE: typeof Symbol.asyncDispose = Symbol.asyncDispose;

/** What an app registers while its entry runs. */
export interface DoorRegistrations extends Registrations {
  /** Settles when the app begins to wait for the end of its server: its entry will never have run to its end. */
  readonly waits: Promise<void>;
  /** Settles when a handler was given to Deno.serve. */
  readonly serves: Promise<void>;
}

/**
 * Installs them.
 * @param full of an app that runs as Deno itself runs it: with a network of its own, its ways out are Deno's
 * @returns what the app will have registered once its entry has run
 * @boot
 */
export function installDoors(server: AppServer, full: Pick<FullParts, "network"> | null = null): DoorRegistrations {
  const { promise: waits, resolve: onWait } = Promise.withResolvers<void>();
  const { promise: serves, resolve: onServe } = Promise.withResolvers<void>();
  const { warn } = console;
  const registrations: DoorRegistrations = { served: null, listeners: [], scheduled: [], crons: [], waits, serves };
  if (full?.network !== true) {
    defineGlobal("fetch", named("fetch", server.fetches.fetch));
    defineGlobal("WebSocket", AppSocket);
    defineGlobal("EventSource", createEventSource(server.fetches.fetch));
  }
  if (full === null) installPairs(server);
  const deno = (globalThis as unknown as { Deno: object }).Deno;
  defineMember(deno, "upgradeWebSocket", server.sockets.upgradeWebSocket);
  defineMember(deno, "serve", (...given: unknown[]) => serve(registrations, given, { onWait, onServe, warn }));
  defineMember(deno, "cron", (...given: unknown[]) => registerCron(registrations.crons, given));
  if (full === null) {
    defineMember(deno, "exit", (code: unknown = 0) => {
      throw new NativeTypeError(`Cannot call Deno.exit(${code}): it reaches past the isolate; only the request fails`);
    });
  }
  takeListeners(registrations);
  return registrations;
}

/** Workers have them: a Response that hands one end to the client is not Deno's. @boot */
function installPairs(server: AppServer): void {
  class WebSocketPair {
    0: AppSocket;
    1: AppSocket;
    constructor() {
      const ends = server.sockets.createPair();
      this[0] = ends[0];
      this[1] = ends[1];
    }

    /** For `const [client, server] = new WebSocketPair()`. */
    [ITERATOR](): Iterator<AppSocket> {
      return ([this[0], this[1]] as const)[ITERATOR]();
    }
  }
  defineProperty(WebSocketPair, "name", { value: "WebSocketPair", configurable: true });
  defineProperty(WebSocketPair.prototype, TO_STRING_TAG, { value: "WebSocketPair", configurable: true });
  defineGlobal("WebSocketPair", WebSocketPair);
}

/** Deno.cron(name, schedule, handler) or (name, schedule, options, handler): nano.json says when, this says what. */
function registerCron(crons: RegisteredCron[], given: readonly unknown[]): Promise<void> {
  const name = given[0];
  const schedule = given[1];
  const handler = findInList(given, (one) => typeof one === "function");
  if (typeof name !== "string" || typeof schedule !== "string" || handler === undefined) {
    throw new NativeTypeError("Cannot register a cron: Deno.cron needs a name, a schedule as text and a handler");
  }
  append(crons, { name, schedule: stringTrim(schedule), handler: handler as () => unknown });
  return new NativePromise<void>(() => {});
}

/** What Deno.serve takes about listening. */
const LISTENING = ["port", "hostname", "path", "cert", "key"];

interface ServeTools {
  readonly onWait: () => void;
  readonly onServe: () => void;
  readonly warn: (text: string) => void;
}

/** Deno.serve(handler), (options, handler) or ({ handler, … }): the handler is taken over, listening is NANO's. */
function serve(registrations: Registrations, given: readonly unknown[], { onWait, onServe, warn }: ServeTools): object {
  const options = findInList(given, (one) => typeof one === "object" && one !== null) as
    | Record<string, unknown>
    | undefined;
  const handler = findInList(given, (one) => typeof one === "function") ?? options?.handler;
  if (typeof handler !== "function") throw new NativeTypeError("Cannot serve: Deno.serve needs a handler");
  for (let at = 0; at < LISTENING.length; at++) {
    const name = LISTENING[at]!;
    if (options?.[name] !== undefined) {
      warn(`Deno.serve: option "${name}" is ignored, NANO listens for the app`);
    }
  }
  const onError = options?.onError;
  const answer: AppFetch = (request, _env, context) => {
    const info = { remoteAddr: context.remoteAddr, completed: resolved(undefined) };
    return (handler as (request: Request, info: object) => unknown)(request, info);
  };
  registrations.served = typeof onError === "function"
    ? caught(answer, onError as (error: unknown) => unknown)
    : answer;
  registrations.isNodeServer = handler.name === NODE_SERVER;
  onServe();
  const finished = new NativePromise<void>(() => {});
  const addr = { transport: "tcp", hostname: "0.0.0.0", port: 0 };
  (options?.onListen as ((addr: object) => void) | undefined)?.(addr);
  return {
    addr,
    get finished() {
      onWait();
      return finished;
    },
    shutdown: () => resolved(undefined),
    ref() {},
    unref() {},
    [ASYNC_DISPOSE]: () => resolved(undefined),
  };
}

/** As Deno.serve has it: `onError` answers for a handler that throws, rejects, or returns no Response. */
function caught(answer: AppFetch, onError: (error: unknown) => unknown): AppFetch {
  return async (...given) => {
    try {
      const response = await apply(answer, undefined, given);
      if (response instanceof NativeResponse) return response;
      throw new NativeTypeError(
        "Return value from serve handler must be a response or a promise resolving to a response",
      );
    } catch (error) {
      return await onError(error);
    }
  };
}

/** Keeps listeners of handlers apart; everything else goes on to the app's own event target, if there is one. @boot */
function takeListeners({ listeners, scheduled }: Registrations): void {
  const target = globalThis as unknown as Record<string, unknown>;
  const listOf = (type: string) => type === "fetch" ? listeners : type === "scheduled" ? scheduled : null;
  const others = target.addEventListener as ((...given: unknown[]) => void) | undefined;
  const othersRemove = target.removeEventListener as ((...given: unknown[]) => void) | undefined;
  defineGlobal(
    "addEventListener",
    function addEventListener(type: string, listener: unknown, ...rest: unknown[]): void {
      const list = listOf(type);
      if (list === null) return void (others && apply(others, global, [type, listener, rest[0]]));
      const called = typeof listener === "function"
        ? listener as (event: Event) => void
        : (event: Event) => (listener as EventListenerObject).handleEvent(event);
      append(list, called);
    },
  );
  defineGlobal(
    "removeEventListener",
    function removeEventListener(type: string, listener: unknown, ...rest: unknown[]): void {
      const list = listOf(type);
      if (list === null) return void (othersRemove && apply(othersRemove, global, [type, listener, rest[0]]));
      removeFromList(list, listener as (event: Event) => void);
    },
  );
}

/** @boot */
function named(name: string, value: AppFetch | ((...given: never[]) => unknown)): unknown {
  return Object.defineProperty(value, "name", { value: name, configurable: true });
}
