/**
 * First code of every isolate, in the one order that held against hostile apps (docs/decisions/0001).
 *
 * It has no top-level await: a nested worker whose module awaits leaks two file descriptors in Deno 2.9.
 */
import { apply, defineGlobal, endOfTurn, isArray, NativePromise, promiseThen } from "../protocol/primordials.ts";
import { joinTexts } from "../protocol/safe_lists.ts";
import v8 from "node:v8";
import { COLLECT, EXCEPTION_LEVEL, type Heartbeat, type HeartbeatAsk, type LoadMessage } from "../protocol/messages.ts";
import { OP } from "../protocol/operations.ts";
import { Wire } from "../protocol/wire.ts";
import { AppServer } from "./traffic/app_server.ts";
import { describeError } from "./traffic/describe_error.ts";
import { installBlobs } from "./bodies/blob_globals.ts";
import { installBodyLengths } from "./bodies/body_lengths.ts";
import { createConsole } from "./platform/console.ts";
import { createFastResponse } from "./platform/fast_response.ts";
import { installFixedLengthStream } from "./platform/fixed_length_stream.ts";
import { heldBytes } from "./sandbox/held_bytes.ts";
import { loadApp } from "./load_app.ts";
import { loadFullApp } from "./load_full_app.ts";
import { takeCell } from "./own_cell.ts";
import { registerModulePolicy } from "./sandbox/module_policy.ts";
import { installRequest } from "./traffic/relative_urls.ts";
import { closeDoors, shieldPort } from "./sandbox/sandbox.ts";
import { limitTexts } from "./traffic/long_body.ts";
import { guardClones } from "./sandbox/structured_clone.ts";
import { installWebStandards } from "./platform/web_standards.ts";

// 1. The ports leave workerData before anybody else can look.
const { port, heartbeat, heapBytes, full, openHostLine } = takeCell();

// 2. Primordials that are needed while the app runs.
const heapStatistics = v8.getHeapStatistics;
const memoryUsage = Deno.memoryUsage;
/** From `--expose-gc`; the sandbox takes it from the globals. */
const collectGarbage = Reflect.get(globalThis, "gc") as ((how: { type: string; flavor?: string }) => void) | undefined;
const MAJOR = { __proto__: null, type: "major" };
const LAST_RESORT = { __proto__: null, type: "major", flavor: "last-resort" };
const firstHeapLimit = heapStatistics().heap_size_limit;
const nextTurn = setTimeout;
// Deno's types lack the Web Locks API.
const { locks } = navigator as unknown as { locks: { request(name: string, held: () => Promise<void>): void } };
const requestLock = locks.request;
/** Ends this thread where it is called: nothing after it is run. */
const closeSelf = Reflect.get(globalThis, "close") as () => void;

// 3. Control ports get methods of their own.
shieldPort(port);
shieldPort(heartbeat);
const postBeat = heartbeat.postMessage as unknown as (message: unknown, transfer: null) => void;
const post = port.postMessage as unknown as (message: unknown, transfer: MessagePort[] | null) => void;

const wire = new Wire({ postMessage: port.postMessage as (message: unknown) => void }, endOfTurn);
/** None where the kernel's walls alone stand: all of Deno is the app's there. */
const policy = full === null ? registerModulePolicy() : null;
let isLoading = false;

function log(level: string, text: string): void {
  wire.out.push(OP.LOG, level, text);
  wire.kick();
}

/** A storm of rejections must not fill the host's log; the console has a limit of its own. */
const MAX_UNCAUGHT_PER_SECOND = 500;
const now = performance.now.bind(performance);
let uncaughtSince = 0;
let uncaught = 0;

function reportUncaught(kind: string, error: unknown): void {
  const present = now();
  if (present - uncaughtSince >= 1000) {
    if (uncaught > MAX_UNCAUGHT_PER_SECOND) {
      log("warn", `${uncaught - MAX_UNCAUGHT_PER_SECOND} uncaught errors were not logged`);
    }
    uncaughtSince = present;
    uncaught = 0;
  }
  if (++uncaught > MAX_UNCAUGHT_PER_SECOND) return;
  const { name, message, stack } = describeError(error);
  log(EXCEPTION_LEVEL, `${kind}: ${stack === "" ? `${name}: ${message}` : stack}`);
}

/** Messages of the port, for who watches whether it still hears. */
let heard = 0;
const server = new AppServer(wire, (error) => reportUncaught("Uncaught (in waitUntil)", error));

// 4. Liveness on a port of its own, so that it does not queue behind requests.
heartbeat.addEventListener("message", (event) => {
  // An own property of the event: no patched prototype comes between.
  const ask = event.data as HeartbeatAsk;
  if (ask[2]) closeSelf();
  const collect = ask[1];
  if (collect !== COLLECT.NOTHING) collectGarbage?.(collect === COLLECT.MAJOR ? MAJOR : LAST_RESORT);
  const heap = heapStatistics();
  const answer: Heartbeat = [
    ask[0],
    heap.used_heap_size,
    heap.total_heap_size + heap.malloced_memory,
    memoryUsage().external + heldBytes(),
    heap.heap_size_limit !== firstHeapLimit,
    heard,
  ];
  postBeat(answer, null);
});
heartbeat.start();

// 5. Requests; the only message that is no batch is the one that names the app.
port.addEventListener("message", (event) => {
  heard++;
  const message = event.data as LoadMessage | unknown[];
  if (isArray(message)) server.receive(message);
  else if (!isLoading) load(message as LoadMessage);
});
port.start();

function load(message: LoadMessage): void {
  isLoading = true;
  const loading = policy === null
    ? loadFullApp(message, { full: full!, server, log, flush: () => wire.flush() })
    : loadApp(message, { policy, server, openHostLine: () => openHostLine(post) });
  promiseThen(loading, (app) => {
    server.serve(app);
    wire.flush();
    post({ type: "loaded" }, null);
  }, (error) => {
    wire.flush();
    post({ type: "load_failed", ...describeError(error) }, null);
  });
}

// 6. An app's stray errors are its log's matter and end nothing: event_standards.ts tells of them. Without a listener
//    here Node's rules would turn a rejection into an uncaught exception all the same. One that runs as Deno runs it
//    ends by them, as there.
if (full === null) process.on("unhandledRejection", () => {});

// 7. The kill handle: while this lock is held, terminate() stops even code that never yields. The event loop must
//    turn once between the grant and the first byte of an app, or about a third of the kills leave a stuck thread.
const killHandle = `nano-${crypto.randomUUID()}`;

function holdKillHandle(): void {
  apply(requestLock, locks, [killHandle, () => {
    nextTurn(becomeEmpty, 0);
    return new NativePromise<void>(() => {});
  }]);
}

function becomeEmpty(): void {
  installBlobs();
  guardClones();
  defineGlobal("Response", createFastResponse(server.sockets.respondWith));
  installRequest();
  installBodyLengths();
  installFixedLengthStream();
  defineGlobal("console", createConsole(log));
  limitTexts(heapBytes);
  const leftovers = closeDoors(heapBytes);
  installWebStandards(reportUncaught);
  if (leftovers.length > 0) log("warn", `Cannot remove globals: ${joinTexts(leftovers, ", ")}`);
  post({ type: "booted" }, null);
}

// Where all of Deno is the app's, nothing is taken away, and the kernel ends it.
if (full === null) holdKillHandle();
else post({ type: "booted" }, null);
