/** What a supervisor works with: isolates, code, time, a place to tell what happened. */
import type { AppCall } from "../terms/app_call.ts";
import type { KeptFiles } from "../terms/app_view.ts";
import type { Clock } from "../clock.ts";
import type { NanoEvent } from "../terms/events.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import type { BootAdmission } from "../pool/boot_admission.ts";
import type { IsolateNeed } from "../pool/cell.ts";
import type { CodePlace } from "../pool/full_place.ts";
import type { IsolateExit } from "../pool/exit_errors.ts";
import type { IsolateObserver } from "../wall/traffic.ts";
import type { IsolateLoad } from "../pool/isolate.ts";
import type { OutboundCalls } from "../wall/outbound_bridge.ts";

/** What a supervisor needs of an isolate; Isolate fits. */
export interface AppIsolate {
  readonly ended: Promise<IsolateExit>;
  /** Settles when its thread is gone as well: a native call goes on after the end. */
  readonly gone: Promise<void>;
  readonly inFlight: number;
  /** WebSockets, those the app opened itself included. */
  readonly openSockets: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Of the process that is its own; 0 when it has none. */
  readonly processId: number;
  /** What it keeps in its folder `data`. */
  readonly kept: KeptFiles | null;
  readonly cpuMicros: number;
  load(load: IsolateLoad, observer: IsolateObserver, outbound: OutboundCalls): Promise<void>;
  send(call: AppCall): void;
  expire(timeoutMs: number): void;
  drained(): Promise<void>;
  kill(exit: IsolateExit): void;
}

/** What an app may be told of its own version. */
export interface VersionMetadata {
  readonly id: string;
  readonly tag: string;
  /** ISO 8601 */
  readonly timestamp: string;
}

/** The code a supervisor runs; AppBundle fits. */
export interface AppCode {
  readonly entry: string;
  readonly modules: Readonly<Record<string, string>>;
  readonly version: string;
  /** What `process.env.NODE_ENV` is; "production" unless given. */
  readonly nodeEnv?: string;
  /** Of an app that runs as Deno itself runs it: where its files lie. */
  readonly place?: CodePlace;
  /** For its bindings of that kind. */
  readonly metadata?: VersionMetadata | null;
}

/** What a supervisor works with. */
export interface SupervisorTools {
  readonly clock: Clock;
  /** From 0 to 1, for waits that must not end together. */
  readonly random: () => number;
  /** Where every start waits for its turn. */
  readonly admission: BootAdmission;
  /** Gives a booted, empty isolate with a heap cap. */
  readonly takeIsolate: (need: IsolateNeed) => Promise<AppIsolate>;
  /** Opens an app's way out under its policy; the supervisor closes it with its app. */
  readonly openOutbound: (app: AppConfig) => OutboundCalls;
  readonly emit: (event: NanoEvent) => void;
  readonly nanoVersion: string;
}
