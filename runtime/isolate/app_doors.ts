/** The ways in and out that an app finds among its globals: fetch, WebSocket, Deno.serve, fetch events. */
import type { AppFetch, AppServer } from "./traffic/app_server.ts";
import { createEventSource } from "./platform/event_source.ts";
import type { Registrations } from "./traffic/find_handler.ts";
import { AppSocket } from "./traffic/socket.ts";

const NativeResponse = Response;

/** What an app registers while its entry runs. */
export interface DoorRegistrations extends Registrations {
  /** Settles when the app begins to wait for the end of its server: its entry will never have run to its end. */
  readonly waits: Promise<void>;
}

/** Installs them. @returns what the app will have registered once its entry has run */
export function installDoors(server: AppServer): DoorRegistrations {
  const { promise: waits, resolve: onWait } = Promise.withResolvers<void>();
  const registrations: DoorRegistrations = { served: null, listeners: [], waits };
  const define = (target: object, name: string, value: unknown) =>
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });

  define(globalThis, "fetch", named("fetch", server.fetches.fetch));
  define(globalThis, "WebSocket", AppSocket);
  define(globalThis, "EventSource", createEventSource(server.fetches.fetch));
  define(
    globalThis,
    "WebSocketPair",
    class WebSocketPair {
      0: AppSocket;
      1: AppSocket;
      constructor() {
        [this[0], this[1]] = server.sockets.createPair();
      }
    },
  );
  const deno = (globalThis as unknown as { Deno: object }).Deno;
  define(deno, "upgradeWebSocket", server.sockets.upgradeWebSocket);
  define(deno, "serve", (...given: unknown[]) => serve(registrations, given, onWait));
  takeFetchListeners(registrations);
  return registrations;
}

/** Deno.serve(handler), (options, handler) or ({ handler, … }): the handler is taken over, listening is NANO's. */
function serve(registrations: Registrations, given: readonly unknown[], onWait: () => void): object {
  const options = given.find((one) => typeof one === "object" && one !== null) as Record<string, unknown> | undefined;
  const handler = given.find((one) => typeof one === "function") ?? options?.handler;
  if (typeof handler !== "function") throw new TypeError("Cannot serve: Deno.serve needs a handler");
  for (const name of ["port", "hostname", "path", "cert", "key"]) {
    if (options?.[name] !== undefined) {
      console.warn(`Deno.serve: option "${name}" is ignored, NANO listens for the app`);
    }
  }
  const onError = options?.onError;
  const answer: AppFetch = (request, _env, context) => {
    const info = { remoteAddr: context.remoteAddr, completed: Promise.resolve() };
    return (handler as (request: Request, info: object) => unknown)(request, info);
  };
  registrations.served = typeof onError === "function"
    ? caught(answer, onError as (error: unknown) => unknown)
    : answer;
  const finished = new Promise<void>(() => {});
  const addr = { transport: "tcp", hostname: "0.0.0.0", port: 0 };
  (options?.onListen as ((addr: object) => void) | undefined)?.(addr);
  return {
    addr,
    get finished() {
      onWait();
      return finished;
    },
    shutdown: () => Promise.resolve(),
    ref() {},
    unref() {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** As Deno.serve has it: `onError` answers for a handler that throws, rejects, or returns no Response. */
function caught(answer: AppFetch, onError: (error: unknown) => unknown): AppFetch {
  return async (...given) => {
    try {
      const response = await answer(...given);
      if (response instanceof NativeResponse) return response;
      throw new TypeError("Return value from serve handler must be a response or a promise resolving to a response");
    } catch (error) {
      return await onError(error);
    }
  };
}

/** Keeps `fetch` listeners apart; everything else goes on to the app's own event target, if there is one. */
function takeFetchListeners(registrations: Registrations): void {
  const target = globalThis as unknown as Record<string, unknown>;
  const { listeners } = registrations;
  const others = target.addEventListener as ((...given: unknown[]) => void) | undefined;
  const othersRemove = target.removeEventListener as ((...given: unknown[]) => void) | undefined;
  const define = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  define("addEventListener", function addEventListener(type: string, listener: unknown, ...rest: unknown[]): void {
    if (type !== "fetch") return others?.call(globalThis, type, listener, ...rest);
    const called = typeof listener === "function"
      ? listener as (event: Event) => void
      : (event: Event) => (listener as EventListenerObject).handleEvent(event);
    listeners.push(called);
  });
  define(
    "removeEventListener",
    function removeEventListener(type: string, listener: unknown, ...rest: unknown[]): void {
      if (type !== "fetch") return othersRemove?.call(globalThis, type, listener, ...rest);
      const at = listeners.indexOf(listener as (event: Event) => void);
      if (at >= 0) listeners.splice(at, 1);
    },
  );
}

function named(name: string, value: AppFetch | ((...given: never[]) => unknown)): unknown {
  return Object.defineProperty(value, "name", { value: name, configurable: true });
}
