/** Finds an app's handler, whichever of the known ways it takes to offer one. */
import { bare } from "../../protocol/bare.ts";
import {
  defineMember,
  keys,
  NativeDOMException,
  NativeEvent,
  NativeTypeError,
  stringTrim,
} from "../../protocol/primordials.ts";
import { filterList, joinTexts, mapList } from "../../protocol/safe_lists.ts";
import type { AppContext } from "./app_context.ts";
import type { AppFetch } from "./app_server.ts";
import type { AppQueue } from "./queue_batch.ts";
import type { AppScheduled } from "./scheduled.ts";

const { construct } = Reflect;

/** A job by Deno.cron. */
export interface RegisteredCron {
  readonly name: string;
  readonly schedule: string;
  readonly handler: () => unknown;
}

/** A handler that an app registered instead of exporting it. */
export interface Registrations {
  /** Of Deno.serve. */
  served: AppFetch | null;
  /** Whether that is a server of `node:http`, which wins over a function that was exported. */
  isNodeServer?: boolean;
  /** Listeners of `fetch` events, in order. */
  readonly listeners: ((event: Event) => void)[];
  /** Listeners of `scheduled` events, in order. */
  readonly scheduled: ((event: Event) => void)[];
  /** Jobs of Deno.cron; nano.json says when they run. */
  readonly crons: RegisteredCron[];
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
  if (typeof app === "function") {
    // An Express app is a function, and often exported beside its app.listen(), which may come later.
    return (request, env, context) => {
      const handler = registrations.isNodeServer === true ? registrations.served! : app as AppFetch;
      return handler(request, env, context);
    };
  }
  if (registrations.served !== null) return registrations.served;
  if (registrations.listeners.length > 0) return (request, _env, context) => dispatch(registrations, request, context);
  const other = findScheduled(exported) !== null ? "scheduled" : findQueue(exported) !== null ? "queue" : null;
  if (other !== null) {
    return () => {
      throw new NativeTypeError(`Cannot answer a request: the app exports ${other}, but no fetch`);
    };
  }
  const names = keys(exported);
  const found = names.length === 0 ? "exports nothing" : `exports ${joinTexts(names, ", ")}`;
  throw new NativeTypeError(
    `Cannot find a handler: the entry ${found}; it must export default { fetch(request, env, ctx) }, call ` +
      'Deno.serve(handler) or addEventListener("fetch", listener)',
  );
}

/** Whether there is one already. */
export function offersHandler({ default: app }: Record<string, unknown>, registrations: Registrations): boolean {
  const hasFetch = typeof app === "function" ||
    typeof (app as { fetch?: unknown } | null | undefined)?.fetch === "function";
  return hasFetch || registrations.served !== null || registrations.listeners.length > 0;
}

/** The `scheduled` of an app; null without one. */
export function findScheduled(exported: Record<string, unknown>): AppScheduled | null {
  return findMethod(exported, "scheduled");
}

/** The `queue` of an app; null without one. */
export function findQueue(exported: Record<string, unknown>): AppQueue | null {
  return findMethod(exported, "queue");
}

function findMethod(exported: Record<string, unknown>, name: "scheduled" | "queue"): AppScheduled & AppQueue | null {
  const { default: app } = exported;
  if (isEntrypoint(app, name)) {
    return (event, env, context) => newEntrypoint(app, env, context)[name](event);
  }
  const holders = [app, exported];
  for (let at = 0; at < holders.length; at++) {
    const target = holders[at] as { scheduled?: unknown; queue?: unknown } | null | undefined;
    if (target === null || target === undefined || typeof target[name] !== "function") continue;
    return (event: unknown, env: unknown, context: AppContext) =>
      (target as unknown as Record<string, AppQueue>)[name]!(event, env, context);
  }
  return null;
}

/** The listeners of `scheduled` events, which all hear of each job, as one `scheduled`. Null without. */
export function scheduledByListeners(listeners: Registrations["scheduled"]): AppScheduled | null {
  if (listeners.length === 0) return null;
  return ({ cron, scheduledTime, noRetry }, _env, context) => {
    const waitUntil = (promise: unknown) => context.waitUntil(promise);
    const event = eventWith("scheduled", bare({ cron, scheduledTime, noRetry, waitUntil }));
    for (let at = 0; at < listeners.length; at++) listeners[at]!(event);
  };
}

/** What Deno.cron registered, as one `scheduled`: each schedule that is due runs the jobs that have it. Null without. */
export function scheduledByCrons(crons: readonly RegisteredCron[]): AppScheduled | null {
  if (crons.length === 0) return null;
  return async (event) => {
    const due = filterList(crons, ({ schedule }) => schedule === stringTrim(event.cron));
    if (due.length === 0) throw new NativeTypeError(`Cannot run "${event.cron}": no Deno.cron has this schedule`);
    const ends = mapList(due, failureOf);
    let failure: { readonly error: unknown } | null = null;
    for (let at = 0; at < ends.length; at++) failure = await ends[at]! ?? failure;
    if (failure !== null) throw failure.error;
  };
}

async function failureOf({ handler }: RegisteredCron): Promise<{ readonly error: unknown } | null> {
  try {
    await handler();
    return null;
  } catch (error) {
    return { error };
  }
}

/** A class of Workers: made anew for each call, with what other handlers get as arguments. */
interface Entrypoint {
  fetch(request: Request): unknown;
  scheduled(event: unknown): void | Promise<void>;
  queue(batch: unknown): void | Promise<void>;
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
  const event = eventWith(
    "fetch",
    bare({
      request,
      clientId: "",
      waitUntil: (promise: unknown) => context.waitUntil(promise),
      passThroughOnException: () => context.passThroughOnException(),
      respondWith(response: unknown) {
        if (answer !== null) throw new NativeDOMException("respondWith() was called already", "InvalidStateError");
        answer = { response };
      },
    }),
  );
  for (let at = 0; at < listeners.length; at++) {
    listeners[at]!(event);
    if (answer !== null) return await (answer as { response: unknown }).response;
  }
  throw new NativeTypeError("No fetch listener called event.respondWith()");
}

function eventWith(type: string, members: Record<string, unknown>): Event {
  const event = new NativeEvent(type, bare({ cancelable: true }));
  const names = keys(members);
  for (let at = 0; at < names.length; at++) defineMember(event, names[at]!, members[names[at]!], true);
  return event;
}
