/** Where an isolate runs, as the host holds it: the thread under a warden, or a process. Nothing above knows which. */
import type { HostCallsEnd } from "../wall/host_calls_bridge.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import type { ExitReason } from "../terms/lifecycle.ts";
import type { KeptFiles } from "../terms/app_view.ts";
import type { FullPlace } from "./full_place.ts";

/** What an app needs of its cell before it is an app; its configuration fits. */
export type IsolateNeed = Pick<AppConfig, "memoryMb" | "isolation"> & {
  /** Of an app that runs as Deno itself runs it: its process is made for it alone. */
  readonly full?: FullPlace | null;
};

/** How a cell ended: by a verdict, by itself, or because the host asked. */
export interface CellExit {
  readonly reason: Extract<ExitReason, "out_of_memory" | "unresponsive" | "uncaught_error" | "terminated">;
  readonly detail: string;
  /** What it computed all in all. */
  readonly cpuMicros: number;
}

/** What a cell tells. */
export interface CellListener {
  /** The system's name for it is known: a thread of this process, or a process. */
  onSpawned(id: { readonly threadId: number } | { readonly processId: number }): void;
  /** A batch of operations, or a word; whatever it is, an isolate may have forged it. */
  onMessage(message: unknown): void;
  onFigures(heapBytes: number, externalBytes: number, cpuMicros: number): void;
  /** What it keeps in its folder `data`, if it has one. */
  onKept(kept: KeptFiles): void;
  /** Once; nothing is told after it. */
  onExit(exit: CellExit): void;
}

/** A cell, which boots by itself from the moment it is made. */
export interface Cell {
  /** To the isolate: batches, and the word that makes it an app. What has been transferred is gone here. */
  post(message: unknown, transfer: Transferable[] | null): void;
  /** Sets what the isolate may use from now on. */
  limit(limits: { readonly cpuMs: number; readonly externalBytes: number }): void;
  /** Whether the isolate has work: it is looked at more closely then. */
  hold(isBusy: boolean): void;
  /**
   * Where the calls of its `node:` modules come from.
   * @param message the isolate's word that there will be some
   * @throws {WireViolation} when that is no such word
   */
  hostCalls(message: unknown): HostCallsEnd;
  /** Ends the isolate; `onExit` tells that it was asked for. */
  kill(): void;
  /** Nothing is sent or heard any more. */
  close(): void;
}

/** Makes a cell with a heap cap. */
export type OpenCell = (memoryMb: number, listener: CellListener) => Cell;
