/** Keeps a host process alive: starts it, starts it again when it dies, ends with it when it is told to. */
import type { Charge } from "./evidence.ts";
import type { HandOver } from "./hand_over.ts";
import type { HostStatus } from "./host_status.ts";
import { Suspicion } from "./suspicion.ts";

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

/** What was found of a host that ended. */
export interface Inquest {
  /** Who may have ended it, the likeliest first. */
  readonly charges: readonly Charge[];
  /** Whether apps ran or were about to: then nothing hinders NANO's own start. */
  readonly hadApps: boolean;
}

/** What {@linkcode Guardian} works with. */
export interface GuardianOptions {
  /** Starts a host. */
  readonly spawn: () => HostProcess;
  /** What the present host said last, or null when it never was listening. */
  readonly status: () => HostStatus | null;
  /** Looks at what is left of the present host. */
  readonly inquest: (end: HostEnd) => Inquest;
  /** Tells the next host whom the guardian suspects. */
  readonly handOver: (handOver: HandOver) => void;
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
  readonly #suspicion = new Suspicion();
  /** Versions that were convicted and that no host knows yet. */
  #convictions: HandOver["convictions"] = [];
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
    const { now, spawn } = this.#options;
    while (!this.#stop.signal.aborted) {
      const startedAt = now();
      const suspects = this.#suspicion.suspects(startedAt);
      this.#options.handOver({ convictions: this.#convictions, suspects });
      this.#host = spawn();
      const end = await this.#host.ended;
      this.#host = null;
      const status = this.#options.status();
      // Who came to listen has read it, and keeps it in the state folder.
      if (status !== null) this.#convictions = [];
      const inquest = this.#options.inquest(end);
      // A host whose apps boot has a configuration and a place to listen: what hinders it is one of the apps.
      this.#served ||= status !== null || (end.signal !== null && inquest.hadApps);
      if (this.#isFinal(end, status)) return this.#exitCode(end, status);
      if (now() - startedAt >= HEALTHY_MS) this.#deaths = 0;
      const isClear = this.#charge(inquest.charges);
      // Once it is clear who it was, the next start is no blind attempt; two such deaths at most have the same cause.
      const delayMs = isClear ? 0 : restartDelayMs(this.#deaths++);
      this.#tell(end, { status, charges: inquest.charges, restartInMs: delayMs });
      if (delayMs > 0) await this.#options.wait(delayMs, this.#stop.signal);
    }
    // Told to stop while no host was running.
    return 0;
  }

  /** @returns whether it is clear who ended the host */
  #charge(charges: readonly Charge[]): boolean {
    const { convicted, isClear } = this.#suspicion.charge(charges, this.#options.now());
    const since = this.#options.wall();
    this.#convictions = [...this.#convictions, ...convicted.map((verdict) => ({ ...verdict, since }))];
    return isClear;
  }

  #isFinal(end: HostEnd, status: HostStatus | null): boolean {
    if (this.#stop.signal.aborted || status?.stopping === true) return true;
    if (end.signal === null && (end.code === 0 || FINAL_CODES.has(end.code))) return true;
    // Whatever hinders the first start (a port in use, a missing file) would hinder the next as well.
    if (!this.#served && end.signal !== null) this.#tell(end, { status, charges: [], restartInMs: null });
    return !this.#served;
  }

  #exitCode(end: HostEnd, status: HostStatus | null): number {
    if (end.signal === null) return end.code;
    // Told to stop so early that the host had no listener yet, neither for signals nor for requests: nothing was cut.
    const early = this.#stop.signal.aborted && status === null && (end.signal === "SIGTERM" || end.signal === "SIGINT");
    return early ? 0 : 1;
  }

  #tell(
    end: HostEnd,
    { status, charges, restartInMs }: {
      readonly status: HostStatus | null;
      readonly charges: readonly Charge[];
      readonly restartInMs: number | null;
    },
  ): void {
    this.#options.write(JSON.stringify({
      ts: new Date(this.#options.wall()).toISOString(),
      level: "error",
      event: "host_died",
      ...(end.signal === null ? { exit_code: end.code } : { signal: end.signal }),
      suspects: [...new Set(charges.map(({ app }) => app))],
      evidence: charges.map(({ share, ...charge }) => ({ ...charge, share: Math.round(share * 100) / 100 })),
      busy_apps: status?.busyApps ?? [],
      restart_in_ms: restartInMs,
    }));
  }
}
