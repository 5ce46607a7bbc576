/** Runs one host in this process: starts NANO and its admin listener, serves until told to stop, drains. */
import { type EventHub, NANO_VERSION, type NanoConfig, NanoError, type StopCause } from "../../../runtime/mod.ts";
import type { AdminTarget } from "../../api.ts";
import { AdminServer } from "../../server.ts";
import { adminToken } from "../../token.ts";
import { AdminFile } from "../online/admin_file.ts";
import { CliError } from "../../process/cli_error.ts";
import type { CliIo } from "../terminal/cli_io.ts";
import { drainNotice } from "./drain_notice.ts";
import { HostStatusWriter } from "../../guardian/host_status.ts";
import type { SignalHandlers } from "../../process/signals.ts";
import type { ServiceNotifier } from "../../process/systemd_notifier.ts";

/** A running NANO as the command line needs it; class `Nano` fits it. */
export interface HostTarget extends AdminTarget, AsyncDisposable {
  /** URL of the public listener. */
  readonly url: string;
  readonly events: EventHub;
  /** Starts the apps; settles when they are up, at the latest after a few seconds. */
  begin(): Promise<void>;
  drain(): Promise<{ readonly forcedClosed: number }>;
  busyApps(): readonly string[];
}

/** How {@linkcode serve} runs. */
export interface ServeOptions {
  readonly config: NanoConfig;
  readonly io: CliIo;
  /** Opens NANO's listeners; no app is started yet. */
  readonly open: () => Promise<HostTarget>;
  /** Listens to signals from now until disposal. */
  readonly signals: (handlers: SignalHandlers) => Disposable;
  /** Ends the process at once, on the second signal. */
  readonly exit: (code: number) => void;
  /** Under a guardian: the file to report in, and what settles when the guardian is gone. */
  readonly guardian: { readonly file: string; readonly gone: () => Promise<void> } | null;
  /** Opens the way to the service manager; null or nothing when none wants to be told. */
  readonly notifier?: () => (ServiceNotifier & Disposable) | null;
  /** Called when everything listens. */
  readonly onServing?: (nano: HostTarget, admin: AdminServer | null) => void;
}

/**
 * Serves until SIGTERM, SIGINT or the end of the guardian, then drains.
 *
 * @returns the exit code: 0, or 1 when requests had to be cut
 * @throws {NanoError} when NANO or its admin listener cannot start
 */
export async function serve(options: ServeOptions): Promise<number> {
  const { io } = options;
  const { promise: stopped, resolve: stop } = Promise.withResolvers<StopCause>();
  using notifier = options.notifier?.() ?? null;
  let running: HostTarget | null = null;
  // Listened to from the first moment: a stop while the apps boot must drain as well.
  using _signals = options.signals({
    onStop: (signal, count) => {
      if (count === 1) stop(signal);
      else options.exit(1);
    },
    onReload: () => {
      if (running !== null) void reload(running, io, notifier);
    },
  });
  options.guardian?.gone().catch((error) => io.err(`nano: Cannot watch the guardian: ${String(error)}`)).then(() =>
    stop("guardian_gone")
  );
  // Both listeners before any app: an address that cannot be had ends the start before anything has run.
  await using nano = await opened(options);
  await using admin = await startAdmin(nano, options);
  using status = options.guardian && new HostStatusWriter(options.guardian.file, () => nano.busyApps(), io.err);
  using _file = admin && new AdminFile(options.config.stateDir, { url: admin.url, publicUrl: nano.url }, io.err);
  running = nano;
  const begun = nano.begin();
  // A stop must not wait for apps that are on their way; what fails after it has nothing to tell any more.
  begun.catch(() => {});
  await Promise.race([begun, stopped]);
  nano.events.emit({ event: "server_start", version: NANO_VERSION, url: nano.url, admin: admin?.url ?? null });
  notifier?.ready(nano.url);
  options.onServing?.(nano, admin);
  const cause = await stopped;
  status?.stopping();
  notifier?.stopping();
  // The admin listener stays open meanwhile: /readyz says "draining".
  const { drainTimeoutMs } = nano.config;
  // A service manager that sends SIGTERM reads no notices.
  using _notice = cause === "SIGINT"
    ? drainNotice({ apps: () => nano.apps(), timeoutMs: drainTimeoutMs, write: io.err })
    : null;
  const { forcedClosed } = await nano.drain();
  const exitCode = forcedClosed > 0 ? 1 : 0;
  if (cause === "guardian_gone") status?.remove();
  nano.events.emit({ event: "server_stop", exitCode, cause });
  return exitCode;
}

async function opened({ open }: ServeOptions): Promise<HostTarget> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof NanoError) || error.code !== "USAGE") throw error;
    // An address that cannot be had is no wrong use of the command line; the ports may stand in nano.json.
    const hint = error.cause instanceof Deno.errors.AddrInUse ? " (--port N takes another port)" : "";
    throw new CliError("INTERNAL", error.message + hint);
  }
}

async function startAdmin(nano: HostTarget, { config, io }: ServeOptions): Promise<AdminServer | null> {
  const { admin, stateDir } = config;
  if (admin === false) return null;
  const token = await adminToken({ fromEnv: io.env("NANO_ADMIN_TOKEN"), configured: admin.token, stateDir });
  const server = AdminServer.start(nano, { hostname: admin.hostname, port: admin.port, token: token.value });
  // Its place, never its value; on stderr, because stdout holds log records only.
  if (token.file !== null) io.err(`nano: The admin token is in ${token.file}; "nano token" prints it`);
  return server;
}

async function reload(nano: HostTarget, io: CliIo, notifier: ServiceNotifier | null): Promise<void> {
  notifier?.reloading();
  try {
    await nano.reload();
  } catch (error) {
    // A refused configuration is in the log already, as config_rejected with all mistakes.
    if (error instanceof Error && "code" in error && error.code === "CONFIG_INVALID") return;
    io.err(`nano: Cannot reload: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    notifier?.reloaded();
  }
}
