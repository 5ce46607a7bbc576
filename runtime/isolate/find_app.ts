/** What an app offers, once its entry has run: its handlers, by what it exported or registered. */
import { assign, NativePromise, NativeTypeError, promiseThen } from "../protocol/primordials.ts";
import { joinTexts, mapList } from "../protocol/safe_lists.ts";
import type { LoadMessage } from "../protocol/messages.ts";
import type { DoorRegistrations } from "./app_doors.ts";
import { isForMethodsOnly, type RpcClasses } from "./rpc/entrypoints.ts";
import type { AppServer, LoadedApp } from "./traffic/app_server.ts";
import {
  findHandler,
  findQueue,
  findScheduled,
  offersHandler,
  scheduledByCrons,
  scheduledByListeners,
} from "./traffic/find_handler.ts";
import { loopbacks } from "./traffic/loopback.ts";

/** What an app is found with. */
export interface FindTools {
  readonly server: AppServer;
  /** What it registered while its entry ran. */
  readonly registrations: DoorRegistrations;
  readonly surroundings: {
    readonly env: Record<string, unknown>;
    /** Gets what the app exports. */
    readonly exports: object;
    readonly classes: () => RpcClasses | null;
  };
  /** Of the console that the log hears: the app may have replaced it. */
  readonly warn: (text: string) => void;
  /** Whether one without a handler may get one yet, by a server that listens after work of its own. */
  readonly mayListenLate: () => boolean;
}

/**
 * Finds it.
 * @throws {TypeError} when there is nothing that could be called
 */
export async function findApp(
  exported: Record<string, unknown>,
  message: Pick<LoadMessage, "hasCrons" | "queues">,
  { server, registrations, surroundings: { env, exports, classes }, warn, mayListenLate }: FindTools,
): Promise<LoadedApp> {
  const { crons } = registrations;
  const scheduled = findScheduled(exported) ?? scheduledByListeners(registrations.scheduled) ?? scheduledByCrons(crons);
  for (let at = 0; at < crons.length && !message.hasCrons; at++) {
    const { name, schedule } = crons[at]!;
    warn(`Deno.cron("${name}") never runs: nano.json has to say { "schedule": "${schedule}" } in the app's "crons"`);
  }
  const lacksHandler = scheduled === null && findQueue(exported) === null && !offersHandler(exported, registrations);
  if (lacksHandler && mayListenLate()) {
    await first(registrations.serves, new NativePromise<void>((resolve) => nextTurn(resolve, LISTEN_TIMEOUT_MS)));
  }
  if (message.hasCrons && scheduled === null) {
    warn("Crons are configured, but the app exports no scheduled(event, env, ctx)");
  }
  const queue = findQueue(exported);
  if (queue === null && message.queues.length > 0) {
    const names = joinTexts(mapList(message.queues, (name) => `"${name}"`), ", ");
    throw new NativeTypeError(`Cannot consume ${names}: the entry's default export has no queue(batch, env, ctx)`);
  }
  const reachable = { exported, classes };
  const hasMethodsOnly = registrations.served === null && registrations.listeners.length === 0 &&
    isForMethodsOnly(exported, classes());
  const fetch = hasMethodsOnly ? noFetch : findHandler(exported, registrations);
  const own = loopbacks(reachable, { env, fetch, waitUntil: (promise) => server.waitUntil(promise) });
  assign(exports, own);
  return { fetch, scheduled, queue, env, reachable, exports: own };
}

/** In the words of Workers. */
function noFetch(): never {
  throw new NativeTypeError("Handler does not export a fetch() function.");
}

const nextTurn = setTimeout;
/**
 * How long an app that is to listen by `node:http` may take once its entry has ended, in ms: most packages listen after
 * work of their own (Nest, Fastify, Apollo). Longer than any of them, shorter than a start may take.
 */
const LISTEN_TIMEOUT_MS = 10_000;

/** Whichever of two settles first. */
function first<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<One | Other> {
  return new NativePromise((resolve, reject) => {
    promiseThen(one, resolve, reject);
    promiseThen(other, resolve, reject);
  });
}

/** What TypeScript compiled to CommonJS has its exports, the default among them, in what is exported as default. */
function ownExports(exported: Record<string, unknown>): Record<string, unknown> {
  const { default: all } = exported;
  if (typeof all !== "object" || all === null) return exported;
  const compiled = all as Record<string, unknown>;
  return compiled["__esModule"] === true && "default" in compiled ? compiled : exported;
}

/** Runs the entry; one that awaits the end of its server at the top level is an app all the same, as in Deno. */
export async function runEntry(
  load: () => Promise<Record<string, unknown>>,
  waits: Promise<void>,
  logError: (error: unknown) => void,
): Promise<Record<string, unknown>> {
  const entered = load();
  const parked = promiseThen(waits, () => new NativePromise<null>((resolve) => nextTurn(() => resolve(null), 0)));
  const exported = await first(entered, parked);
  if (exported !== null) return ownExports(exported);
  promiseThen(entered, undefined, logError);
  return {};
}
