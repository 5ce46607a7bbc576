/** What crosses the wall beside the operations: the first message, heartbeats, what a warden is asked and tells. */

import type { BindingKind } from "./binding_call.ts";

/** The level under which an exception comes as a line of the log. */
export const EXCEPTION_LEVEL = "exception";

/** Where web-streams-polyfill lies among the modules of an app with `"streams": "polyfill"`. */
export const STREAM_POLYFILL_URL = "app:///__nano__/web-streams-polyfill";

/** Where HTMLRewriter lies among the modules of an app that names it. */
export const HTML_REWRITER_URL = "app:///__nano__/html_rewriter.js";

/** A binding as the isolate learns of it. */
export interface LoadedBinding {
  readonly kind: BindingKind;
  /** Its name in `env`, or null when it is not there. */
  readonly name: string | null;
}

/** The first message to a booted isolate: the app it becomes. */
export interface LoadMessage {
  readonly app: string;
  /** URL of the entry among `modules`. */
  readonly entry: string;
  /** Source text by `app:///` URL. */
  readonly modules: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** What `env` holds that is no text: values of JSON. */
  readonly jsonVars: Readonly<Record<string, unknown>>;
  /** Bindings that the app asks for in vain: name in `env`, and what its use is answered with. */
  readonly missingBindings: readonly (readonly [name: string, text: string])[];
  readonly nodeCompat: boolean;
  /** `process.env.NODE_ENV` where the app's own variables do not say. */
  readonly nodeEnv: string;
  /** Whose stream classes the app gets; for `polyfill`, `modules` holds its source. */
  readonly streams: "native" | "polyfill";
  /** Bytes that the app may hold outside the heap; guards Blob and WebAssembly memory. */
  readonly externalBytes: number;
  /** Path of the folder of assets from the app's folder, "" when it lies elsewhere; null when the app has none. */
  readonly assetsPrefix: string | null;
  /** What `env` holds that calls the host, in the order of the host's own list. */
  readonly bindings: readonly LoadedBinding[];
  /** Whether jobs are configured, so that a missing `scheduled` is a mistake. */
  readonly hasCrons: boolean;
  /** Queues that the app consumes: it has to have a `queue` then. */
  readonly queues: readonly string[];
  /** Version of NANO, for navigator.userAgent. */
  readonly nanoVersion: string;
  /** What a Workers project is told of its surroundings; null for an app that is none. */
  readonly workers: WorkersFacts | null;
}

/** What of Workers holds for an app. */
export interface WorkersFacts {
  /** Names of compatibility flags. */
  readonly flags: readonly string[];
  /** Variables that are no texts as `process.env` has them: as JSON. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What the isolate answers to {@linkcode LoadMessage}, as the only non-array messages of its port. */
export type LoadAnswer =
  | { readonly type: "loaded" }
  | { readonly type: "load_failed"; readonly name: string; readonly message: string; readonly stack: string };

/** Said once by an isolate that has closed its doors and waits for an app. */
export interface BootedMessage {
  readonly type: "booted";
}

/** What an isolate is created with. */
export interface IsolateBootData {
  /** Requests and streams. */
  readonly port: MessagePort;
  /** Heartbeats only, so that liveness does not queue behind requests. */
  readonly heartbeat: MessagePort;
  /** What the app may hold in its heap; V8's own limit lies far above. */
  readonly heapBytes: number;
  /** {@linkcode WAITS_ON_HOST} while its thread stands still until the host has answered. */
  readonly hostWait: SharedArrayBuffer;
  /** Text of the bootstrap; gone before that runs. */
  readonly bootSource: string;
}

/** In the word that an isolate shares with its warden: the silence of its thread is the host's. */
export const WAITS_ON_HOST = 1;

/** What an isolate does before it answers a heartbeat; each step costs more than the one before. */
export const COLLECT = {
  NOTHING: 0,
  /** A major garbage collection. It may finish one under way, which keeps what died since that began. */
  MAJOR: 1,
  /** Collections until nothing more is freed: what is left then is held. */
  LAST_RESORT: 2,
} as const;

/** One of {@linkcode COLLECT}. */
export type Collect = (typeof COLLECT)[keyof typeof COLLECT];

/** One heartbeat, asked by the warden; instead of an answer to the last one an isolate closes itself. */
export type HeartbeatAsk = readonly [beat: number, collect: Collect, isLast: boolean];

/** Answer to one heartbeat; read by the warden, and believed only where it accuses the isolate itself. */
export type Heartbeat = readonly [
  beat: number,
  heapUsedBytes: number,
  /** What the heap takes of the process, garbage and gaps included. */
  heapCommittedBytes: number,
  externalBytes: number,
  heapLimitGrew: boolean,
  /** Messages of its other port that have come to it. */
  heard: number,
];

/** Where the shared counters hold the host's own memory, in KiB. */
export const HOST_KIB = 0;

/** Where the shared counters hold an isolate's requests in flight. */
export function counterOf(isolate: number, counters: number): number {
  return 1 + isolate % (counters - 1);
}

/** What the system tells of an isolate's thread, and only the host may read. */
export interface ThreadFigures {
  readonly isolate: number;
  /** Memory that the thread touched first so far: only who makes the process grow touches new memory. */
  readonly touchedBytes: number;
  /** Whether it runs or waits for a core, and does not sleep. */
  readonly runnable: boolean;
}

/** What all isolates that are processes of their own hold and may hold, and the one of them that is most above its part. */
export interface ProcessSide {
  readonly heldBytes: number;
  readonly allowedBytes: number;
  readonly worst: { readonly heldBytes: number; readonly allowedBytes: number } | null;
}

/** What the host asks of a warden. */
export type WardenCommand =
  | { readonly type: "ceiling"; readonly bytes: number }
  /** What isolates that are processes of their own hold and may hold: they share the ceiling. */
  | { readonly type: "elsewhere"; readonly side: ProcessSide }
  | { readonly type: "threads"; readonly question: number; readonly threads: readonly ThreadFigures[] }
  /** The host has taken a report of figures. */
  | { readonly type: "figures_taken"; readonly number: number }
  | { readonly type: "boot_source"; readonly source: string; readonly inFlight: SharedArrayBuffer }
  | { readonly type: "spawn"; readonly isolate: number; readonly memoryMb: number; readonly port: MessagePort }
  /** An isolate is about to get its app; what its thread touched until now is no growth of the app's. */
  | {
    readonly type: "limits";
    readonly isolate: number;
    readonly cpuMs: number;
    readonly externalBytes: number;
    readonly touchedBytes: number | null;
  }
  | { readonly type: "kill"; readonly isolate: number }
  | { readonly type: "close" };

/** Figures of one isolate. */
export type IsolateFigures = readonly [
  isolate: number,
  heapUsedBytes: number,
  externalBytes: number,
  cpuMicros: number,
  /** Heartbeats that it has answered. */
  beats: number,
  /** Messages that had come to it at the last of them. */
  heard: number,
];

/** What a warden tells the host. */
export type WardenReport =
  | { readonly type: "up" }
  /** No isolate is left. */
  | { readonly type: "closed" }
  | { readonly type: "spawned"; readonly isolate: number; readonly threadId: number }
  /** Once a second; `number` counts the reports, `taken` is the last one that the host had told to have taken by then. */
  | {
    readonly type: "figures";
    readonly figures: readonly IsolateFigures[];
    readonly unexplainedBytes: number;
    readonly number: number;
    readonly taken: number;
  }
  | { readonly type: "ask_threads"; readonly question: number; readonly isolates: readonly number[] }
  | { readonly type: "warning"; readonly text: string }
  | {
    readonly type: "exit";
    readonly isolate: number;
    readonly reason: "out_of_memory" | "unresponsive" | "uncaught_error" | "terminated";
    readonly detail: string;
    readonly cpuMicros: number;
  };
