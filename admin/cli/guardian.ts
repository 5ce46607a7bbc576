/** Keeps a host process alive: starts it, starts it again when it dies, ends with it when it is told to. */
import type { HostStatus } from "./host_status.ts";

/** How a host ended. */
export interface HostEnd {
  readonly code: number;
  readonly signal: string | null;
}

/** A running host, as the guardian sees it. */
export interface HostProcess {
  readonly ended: Promise<HostEnd>;
  kill(signal: Deno.Signal): void;
}

/** What {@linkcode Guardian} works with. */
export interface GuardianOptions {
  /** Starts a host. */
  readonly spawn: () => HostProcess;
  /** What the present host said last, or null when it never was listening. */
  readonly status: () => HostStatus | null;
  /** Writes one line to stdout. */
  readonly write: (line: string) => void;
  /** Monotonic clock, ms. */
  readonly now: () => number;
  /** Wall clock, ms since the epoch. */
  readonly wall: () => number;
  /** Waits; ends early when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
/** A host that lived this long is healthy: its death starts the delays anew. */
const HEALTHY_MS = 60_000;
/** Wrong use and a refused configuration: another attempt would end the same way. */
const FINAL_CODES: ReadonlySet<number> = new Set([2, 3]);

/**
 * How long to wait before the next start.
 * @param deaths deaths in a row without a healthy life between them, this one not counted
 */
export function restartDelayMs(deaths: number): number {
  return deaths === 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (deaths - 1));
}

/** Runs one host at a time. */
export class Guardian {
  readonly #options: GuardianOptions;
  readonly #stop = new AbortController();
  #host: HostProcess | null = null;
  #served = false;
  #deaths = 0;

  constructor(options: GuardianOptions) {
    this.#options = options;
  }

  /** SIGTERM or SIGINT: the host drains and the guardian ends with it; a second one ends the host at once. */
  stop(signal: Deno.Signal): void {
    this.#stop.abort();
    this.#host?.kill(signal);
  }

  /** SIGHUP: the host reloads. */
  reload(): void {
    this.#host?.kill("SIGHUP");
  }

  /** Guards until a host ends for good. @returns the exit code of the whole */
  async run(): Promise<number> {
    while (!this.#stop.signal.aborted) {
      const startedAt = this.#options.now();
      this.#host = this.#options.spawn();
      const end = await this.#host.ended;
      this.#host = null;
      const status = this.#options.status();
      this.#served ||= status !== null;
      if (this.#isFinal(end, status)) return this.#exitCode(end, status);
      const uptimeMs = this.#options.now() - startedAt;
      if (uptimeMs >= HEALTHY_MS) this.#deaths = 0;
      const delayMs = restartDelayMs(this.#deaths++);
      this.#tell(end, status, delayMs);
      if (delayMs > 0) await this.#options.wait(delayMs, this.#stop.signal);
    }
    // Told to stop while no host was running.
    return 0;
  }

  #isFinal(end: HostEnd, status: HostStatus | null): boolean {
    if (this.#stop.signal.aborted || status?.stopping === true) return true;
    if (end.signal === null && (end.code === 0 || FINAL_CODES.has(end.code))) return true;
    // Whatever hinders the first start (a port in use, a missing file) would hinder the next as well.
    if (!this.#served && end.signal !== null) this.#tell(end, status, null);
    return !this.#served;
  }

  #exitCode(end: HostEnd, status: HostStatus | null): number {
    if (end.signal === null) return end.code;
    // Told to stop so early that the host had no listener yet, neither for signals nor for requests: nothing was cut.
    const early = this.#stop.signal.aborted && status === null && (end.signal === "SIGTERM" || end.signal === "SIGINT");
    return early ? 0 : 1;
  }

  #tell(end: HostEnd, status: HostStatus | null, restartInMs: number | null): void {
    this.#options.write(JSON.stringify({
      ts: new Date(this.#options.wall()).toISOString(),
      level: "error",
      event: "host_died",
      ...(end.signal === null ? { exit_code: end.code } : { signal: end.signal }),
      busy_apps: status?.busyApps ?? [],
      restart_in_ms: restartInMs,
    }));
  }
}
