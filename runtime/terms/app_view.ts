/** What can be read of an app from outside of its life. */
import type { AppStateName, ExitReason } from "./lifecycle.ts";

/** What an app that Deno itself runs keeps in its folder `data`, as of the last look at it. */
export interface KeptFiles {
  /** What they take of the disk. */
  readonly bytes: number;
  /** That they may take: `storage_mb`. */
  readonly maxBytes: number;
  /** Files and folders; null where the machine does not count them. */
  readonly entries: number | null;
  /** That there may be: one for each 4 KiB of `storage_mb`. */
  readonly maxEntries: number;
}

/** What can be read of one app at any time. */
export interface AppSnapshot {
  /** Unique name. */
  readonly name: string;
  /** Present state of its life. */
  readonly state: AppStateName;
  /** Hosts and `*.` patterns it claims. */
  readonly hostnames: readonly string[];
  /** Configured port of a listener of its own, or null. */
  readonly port: number | null;
  /** Content hash of the code that serves, or null before the first load. */
  readonly version: string | null;
  /** Wall-clock time since which the present state holds, in ms since the epoch. */
  readonly since: number;
  /** Restarts by the reason of the exit before. */
  readonly restarts: Readonly<Partial<Record<ExitReason, number>>>;
  /** Deaths in a row, 0 once the app has been healthy again; from the third on its state is crash_loop. */
  readonly crashes: number;
  /** The last end of an isolate; `at` is ms since the epoch. */
  readonly lastExit: { readonly reason: ExitReason; readonly detail: string; readonly at: number } | null;
  /** Message of the failure, in state failed; in others why the last change of the app was refused, if it was. */
  readonly error: string | null;
  /** Requests inside the isolate. */
  readonly inFlight: number;
  /** Requests that wait for the isolate. */
  readonly queued: number;
  /** JavaScript heap in use at the last heartbeat. */
  readonly heapBytes: number;
  /** ArrayBuffers held outside the heap at the last heartbeat. */
  readonly externalBytes: number;
  /** Of the process that is its own; null while it has none, and in a thread. */
  readonly processId: number | null;
  /** What its process keeps in `data`; null for an app without such a folder, and until it was looked at. */
  readonly kept: KeptFiles | null;
  /** CPU time of all isolates of the app so far. */
  readonly cpuSeconds: number;
  /** How long the last start took, or null before the first. */
  readonly startSeconds: number | null;
}
