/** Tells systemd how the host is: serving, reloading, stopping, alive. */

/** How the host tells a service manager what it does. */
export interface ServiceNotifier {
  /** All listens; from now on the watchdog is fed. */
  ready(url: string): void;
  /** A reload begins. */
  reloading(): void;
  /** A reload has ended, well or not: the host serves on. */
  reloaded(): void;
  /** A drain begins. */
  stopping(): void;
}

/** What {@linkcode openNotifier} works with. */
export interface NotifierOptions {
  /** A variable of the environment. */
  readonly env: (name: string) => string | undefined;
  /** Told once when systemd cannot be told: the host serves on. */
  readonly report: (text: string) => void;
  /** Own process and its parent; the watchdog may be meant for either, since a guardian feeds none. */
  readonly pids: readonly number[];
}

/** The notifier when systemd waits for one (`Type=notify` sets `NOTIFY_SOCKET`), else null. */
export function openNotifier({ env, report, pids }: NotifierOptions): SystemdNotifier | null {
  const address = env("NOTIFY_SOCKET");
  if (address === undefined || address === "") return null;
  // As systemd writes them: a path, or a name without a file, which the kernel knows by a leading NUL. Not "vsock:".
  if (!/^[/@]./.test(address)) {
    report(`Cannot tell systemd how NANO is: NOTIFY_SOCKET "${address}" is no path`);
    return null;
  }
  try {
    // The empty path lets the kernel pick a name: no file is left, and no folder need be writable.
    const socket = Deno.listenDatagram({ transport: "unixpacket", path: "" });
    return new SystemdNotifier(socket, {
      path: address.replace(/^@/, "\0"),
      watchdogMs: watchdogMs(env, pids),
      report,
    });
  } catch (error) {
    report(`Cannot tell systemd how NANO is: ${String(error)}`);
    return null;
  }
}

/** Half of `WatchdogSec`, as sd_watchdog_enabled(3) advises, or null when nobody watches. */
function watchdogMs(env: NotifierOptions["env"], pids: readonly number[]): number | null {
  const pid = env("WATCHDOG_PID");
  if (pid !== undefined && !pids.includes(Number(pid))) return null;
  const usec = Number(env("WATCHDOG_USEC"));
  return Number.isSafeInteger(usec) && usec > 0 ? Math.max(1, Math.floor(usec / 2000)) : null;
}

/** Speaks the protocol of sd_notify(3): datagrams of `NAME=value` lines. Disposing it ends the watchdog's feed. */
export class SystemdNotifier implements ServiceNotifier, Disposable {
  readonly #socket: Deno.DatagramConn;
  readonly #path: string;
  readonly #watchdogMs: number | null;
  readonly #report: (text: string) => void;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  /** Settles when all was sent: the order is part of the protocol. */
  #sent: Promise<void> = Promise.resolve();
  #feeding = false;
  #reloads = 0;
  #stopping = false;
  #failing = false;
  #closed = false;

  /** @param options `path` of systemd's socket; `watchdogMs` between two signs of life, null for none */
  constructor(
    socket: Deno.DatagramConn,
    options: { path: string; watchdogMs: number | null; report: (text: string) => void },
  ) {
    this.#socket = socket;
    this.#path = options.path;
    this.#watchdogMs = options.watchdogMs;
    this.#report = options.report;
  }

  ready(url: string): void {
    void this.#send(`READY=1\nSTATUS=Serving ${url}`);
    if (this.#watchdogMs !== null) this.#watchdog ??= setInterval(() => this.#feed(), this.#watchdogMs);
  }

  /** Without MONOTONIC_USEC, which Deno cannot read: enough for `Type=notify`, not for `notify-reload`. */
  reloading(): void {
    if (this.#reloads++ === 0 && !this.#stopping) void this.#send("RELOADING=1");
  }

  reloaded(): void {
    if (--this.#reloads === 0 && !this.#stopping) void this.#send("READY=1");
  }

  stopping(): void {
    this.#stopping = true;
    void this.#send("STOPPING=1\nSTATUS=Draining");
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearInterval(this.#watchdog);
    this.#socket.close();
  }

  /** Sent by the main thread's event loop: when that hangs, so does all of NANO. */
  #feed(): void {
    // When systemd takes nothing, signs of life must not pile up.
    if (this.#feeding) return;
    this.#feeding = true;
    void this.#send("WATCHDOG=1").then(() => this.#feeding = false);
  }

  #send(text: string): Promise<void> {
    return this.#sent = this.#sent.then(async () => {
      try {
        await this.#socket.send(new TextEncoder().encode(text), { transport: "unixpacket", path: this.#path });
        this.#failing = false;
      } catch (error) {
        if (!this.#failing && !this.#closed) this.#report(`Cannot tell systemd how NANO is: ${String(error)}`);
        this.#failing = true;
      }
    });
  }
}
