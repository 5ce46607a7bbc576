/** Runs the host of `nano start` in this process. */
import { configLoader, startFarmEarly } from "../../../runtime/farm_start.ts";
import type { AppLayer, NanoConfig, NanoOptions } from "../../../runtime/mod.ts";
import { CliError } from "../../process/cli_error.ts";
import { type CliIo, wantsColor } from "../terminal/cli_io.ts";
import { FlightFileWriter } from "../../guardian/flight_file.ts";
import { readHandOver } from "../../guardian/hand_over.ts";
import { flightFileOf, guardianGone, handOverFileOf } from "../../guardian/host_status.ts";
import { serveInUtc } from "../../process/serving_zone.ts";
import { listenSignals } from "../../process/signals.ts";
import { bannerLines } from "./start_banner.ts";
import { openNotifier } from "../../process/systemd_notifier.ts";

/** What `nano start` was given. */
export interface RunHostOptions {
  /** Absolute path of nano.json. */
  readonly file: string;
  /** Instead of the configured ports; null leaves them. */
  readonly port: number | null;
  readonly adminPort: number | null;
  /** False: no reload when files change. */
  readonly watch: boolean;
  /** The guardian's file, or null without a guardian. */
  readonly statusFile: string | null;
}

/** Serves until the process is told to stop. @returns the exit code */
export async function runHost(options: RunHostOptions, io: CliIo): Promise<number> {
  // A person at a terminal reads lines; whatever else takes the output gets records.
  const logFormat = io.terminal ? "pretty" : "json";
  const read = configLoader(options.file, { hostEnv: io.env, logFormat });
  const load = async (layers: readonly AppLayer[] = []) => withPorts(await read(layers), options);
  const config = await load();
  const timeZone = serveInUtc(io.env);
  using guarded = options.statusFile === null ? null : openGuarded(options.statusFile, io);
  // The first isolates boot while all the rest is loaded, which takes as long.
  await startFarmEarly(config, guarded?.options ?? {});
  const [{ Nano }, { serve }] = [await import("../../../runtime/mod.ts"), await import("./host.ts")];
  return await serve({
    config,
    io,
    open: () =>
      Nano.open(config, {
        reloadConfig: load,
        watch: options.watch,
        color: wantsColor(io),
        timeZone,
        ...guarded?.options,
      }),
    signals: listenSignals,
    exit: Deno.exit,
    notifier: () =>
      openNotifier({ env: io.env, report: (text) => io.err(`nano: ${text}`), pids: [Deno.pid, Deno.ppid] }),
    onServing: (nano, admin) => {
      // Never where the output is kept: the link opens the dashboard.
      if (!io.terminal || config.log.format !== "pretty") return;
      const signInUrl = admin?.signInUrl() ?? null;
      for (const text of bannerLines({ url: nano.url, apps: nano.apps(), signInUrl })) io.out(text);
    },
    guardian: options.statusFile === null ? null : { file: options.statusFile, gone: guardianGone },
  });
}

/** What a host is told by its guardian, and tells it. */
function openGuarded(file: string, io: CliIo): Disposable & { readonly options: Partial<NanoOptions> } {
  const flight = new FlightFileWriter(flightFileOf(file), io.err);
  const { convictions, suspects } = readHandOver(handOverFileOf(file), io.err);
  return {
    options: { flight: flight.write, convictions, suspects },
    [Symbol.dispose]: () => flight[Symbol.dispose](),
  };
}

/**
 * The configuration with the ports of the command line, which win over every version of the file.
 * @throws {CliError} USAGE when an admin port is given for an admin listener that is off
 */
export function withPorts(config: NanoConfig, ports: Pick<RunHostOptions, "port" | "adminPort">): NanoConfig {
  const { port, adminPort } = ports;
  if (adminPort !== null && config.admin === false) {
    throw new CliError("USAGE", 'Option "--admin-port" is of no use: the configuration turns the admin listener off');
  }
  return {
    ...config,
    port: port ?? config.port,
    admin: config.admin && { ...config.admin, port: adminPort ?? config.admin.port },
  };
}
