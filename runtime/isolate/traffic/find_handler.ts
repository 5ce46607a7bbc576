/** Finds an app's handler, whichever of the known ways it takes to offer one. */
import { bare } from "../../protocol/bare.ts";
import type { AppContext } from "./app_context.ts";
import type { AppFetch } from "./app_server.ts";
import type { AppScheduled } from "./scheduled.ts";

const { construct } = Reflect;

/** A handler that an app registered instead of exporting it. */
export interface Registrations {
  /** Of Deno.serve. */
  served: AppFetch | null;
  /** Listeners of `fetch` events, in order. */
  readonly listeners: ((event: Event) => void)[];
}

/**
 * The handler of an app, by what its entry exports, else by what it registered.
 * @throws {TypeError} when there is none
 */
export function findHandler(exported: Record<string, unknown>, registrations: Registrations): AppFetch {
  const { default: app } = exported;
  const target = app as { fetch?: unknown } | null | undefined;
  if (target !== null && target !== undefined && typeof target.fetch === "function") {
    // Looked up anew on each request: frameworks may replace it after the first start-up work.
    return (request, env, context) => (target.fetch as AppFetch)(request, env, context);
  }
  if (isEntrypoint(app, "fetch")) return (request, env, context) => newEntrypoint(app, env, context).fetch(request);
  if (typeof app === "function") return app as AppFetch;
  if (registrations.served !== null) return registrations.served;
  if (registrations.listeners.length > 0) return (request, _env, context) => dispatch(registrations, request, context);
  if (findScheduled(exported) !== null) {
    return () => {
      throw new TypeError("Cannot answer a request: the app exports scheduled, but no fetch");
    };
  }
  const names = Object.keys(exported);
  const found = names.length === 0 ? "exports nothing" : `exports ${names.join(", ")}`;
  throw new TypeError(
    `Cannot find a handler: the entry ${found}; it must export default { fetch(request, env, ctx) }, call ` +
      'Deno.serve(handler) or addEventListener("fetch", listener)',
  );
}

/** The `scheduled` of an app; null without one. */
export function findScheduled(exported: Record<string, unknown>): AppScheduled | null {
  const { default: app } = exported;
  if (isEntrypoint(app, "scheduled")) {
    return (event, env, context) => newEntrypoint(app, env, context).scheduled(event);
  }
  for (const holder of [app, exported]) {
    const target = holder as { scheduled?: unknown } | null | undefined;
    if (target === null || target === undefined || typeof target.scheduled !== "function") continue;
    return (event, env, context) => (target.scheduled as AppScheduled)(event, env, context);
  }
  return null;
}

/** A class of Workers: made anew for each call, with what other handlers get as arguments. */
interface Entrypoint {
  fetch(request: Request): unknown;
  scheduled(event: unknown): void | Promise<void>;
}

function isEntrypoint(app: unknown, method: keyof Entrypoint): boolean {
  return typeof app === "function" && typeof app.prototype?.[method] === "function";
}

function newEntrypoint(app: unknown, env: unknown, context: unknown): Entrypoint {
  return construct(app as new (context: unknown, env: unknown) => Entrypoint, [context, env]);
}

/** Runs the `fetch` listeners until one answers, as service workers do. */
async function dispatch({ listeners }: Registrations, request: Request, context: AppContext): Promise<unknown> {
  let answer: { readonly response: unknown } | null = null;
  const event = Object.assign(new Event("fetch", bare({ cancelable: true })), {
    request,
    clientId: "",
    waitUntil: (promise: unknown) => context.waitUntil(promise),
    passThroughOnException: () => context.passThroughOnException(),
    respondWith(response: unknown) {
      if (answer !== null) throw new DOMException("respondWith() was called already", "InvalidStateError");
      answer = { response };
    },
  });
  for (const listener of listeners) {
    listener(event);
    if (answer !== null) return await (answer as { response: unknown }).response;
  }
  throw new TypeError("No fetch listener called event.respondWith()");
}
