/** Runs the guardian with real processes and signals. */
import { fileURLToPath } from "node:url";
import { weigh } from "./evidence.ts";
import { readFlight } from "./flight_file.ts";
import { Guardian, type HostEnd, type HostProcess, type Inquest } from "./guardian.ts";
import { prettyLine } from "./guardian_lines.ts";
import { writeHandOver } from "./hand_over.ts";
import { flightFileOf, handOverFileOf, HostStatusFile } from "./host_status.ts";
import { pause } from "../process/pause.ts";
import { servingEnvironment } from "../process/serving_zone.ts";
import { listenSignals } from "../process/signals.ts";
import { SAMPLE_MS, type ThreadSampler, ThreadWatcher } from "./thread_sampler.ts";

/** A program with its arguments. */
export interface HostCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Flags of `deno run` for the host; a test holds them against the tasks of deno.json. A huge WebAssembly table aborts the
 * process, and V8's loop unrolling drops the interrupt check of loops around `new Array(1000)`: nothing ends such a loop.
 * The collector is exposed for the host's demands: the bootstrap of an isolate takes it away before any app comes.
 * V8 pools pages, and an isolate that ends leaves its own to the others: the next one that grows takes them, and neither
 * the process' memory nor what its thread touches tells of its growth. Measured after the end of one that held 375 MB: the
 * process keeps 433 MB for as long as nobody needs them, and 56 MB with both flags. Each alone is not enough.
 */
export const HOST_FLAGS: readonly string[] = [
  "-A",
  "--v8-flags=--wasm-max-table-size=1000000,--no-turboshaft-loop-unrolling,--expose-gc,--no-memory-pool,--no-memory-pool-share-memory-on-teardown",
];

/**
 * The command of the host: the same binary when NANO is compiled, else the same Deno with the same main module.
 *
 * @param args arguments of `nano start`; `--no-guardian` is added
 */
export function hostCommand(
  args: readonly string[],
  from: { standalone: boolean; execPath: string; mainModule: string },
): HostCommand {
  const own = ["start", "--no-guardian", ...args];
  if (from.standalone) return { program: from.execPath, args: own };
  const main = from.mainModule.startsWith("file:") ? fileURLToPath(from.mainModule) : from.mainModule;
  return { program: from.execPath, args: ["run", "--no-prompt", ...HOST_FLAGS, main, ...own] };
}

/**
 * Guards a host until it ends for good.
 *
 * @param command makes the host's command; it is given the file in which the host reports to its guardian
 * @param options.pretty whether its own lines are for people
 * @returns the exit code
 */
export async function guard(
  command: (statusFile: string) => HostCommand,
  options: { readonly pretty: boolean } = { pretty: false },
): Promise<number> {
  using file = new HostStatusFile();
  const { program, args } = command(file.path);
  const encoder = new TextEncoder();
  let threads: ThreadSampler | null = null;
  const guardian = new Guardian({
    spawn: () => {
      file.clear();
      const host = spawnHost(program, args);
      threads = host.threads;
      return host;
    },
    status: () => file.read(),
    inquest: (end) => inquest(end, flightFileOf(file.path), threads!),
    handOver: (handOver) => writeHandOver(handOverFileOf(file.path), handOver),
    write: (line) => {
      Deno.stdout.writeSync(encoder.encode((options.pretty ? prettyLine(line) : line) + "\n"));
    },
    now: () => performance.now(),
    wall: () => Date.now(),
    wait: pause,
  });
  using _signals = listenSignals({ onStop: (signal) => guardian.stop(signal), onReload: () => guardian.reload() });
  return await guardian.run();
}

/** Signals by which a process ends itself: V8 out of memory, a panic of Rust, a fault of the processor. */
const CRASH_SIGNALS: ReadonlySet<string> = new Set(["SIGABRT", "SIGTRAP", "SIGILL", "SIGSEGV", "SIGBUS", "SIGFPE"]);

function inquest({ signal }: HostEnd, flightFile: string, threads: ThreadSampler): Inquest {
  const flight = readFlight(flightFile);
  // It takes some 100 ms to take a big process down, in which nothing happens that could be evidence.
  const at = Math.min(Date.now(), (threads.aliveAt ?? Infinity) + SAMPLE_MS);
  const isCrash = signal !== null && CRASH_SIGNALS.has(signal);
  return { charges: weigh({ at, isCrash, flight, threads: threads.activities() }), hadApps: flight.length > 0 };
}

function spawnHost(program: string, args: readonly string[]): HostProcess & { readonly threads: ThreadSampler } {
  const child = new Deno.Command(program, {
    args: [...args],
    env: servingEnvironment(),
    // The end of this pipe is how the host learns that its guardian was killed.
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
    // A session of its own: Ctrl+C in the terminal must reach the host once, through us.
    detached: true,
  }).spawn();
  // Held until the end, or the pipe would be collected and closed, and the host would drain.
  const stdin = child.stdin;
  const watcher = new ThreadWatcher(child.pid);
  return {
    threads: watcher.sampler,
    ended: child.status.then(async ({ code, signal }) => {
      watcher[Symbol.dispose]();
      await stdin.abort();
      return { code, signal };
    }),
    kill(signal) {
      try {
        child.kill(signal);
      } catch (error) {
        // It has ended already, and `ended` tells.
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}
