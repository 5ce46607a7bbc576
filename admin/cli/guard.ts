/** Runs the guardian with real processes and signals. */
import { fileURLToPath } from "node:url";
import { Guardian, type HostProcess } from "./guardian.ts";
import { prettyLine } from "./guardian_lines.ts";
import { HostStatusFile } from "./host_status.ts";
import { pause } from "./pause.ts";
import { listenSignals } from "./signals.ts";

/** A program with its arguments. */
export interface HostCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Flags of `deno run` for the host; a test holds them against the tasks of deno.json. A huge WebAssembly table aborts the
 * process, and V8's loop unrolling drops the interrupt check of loops around `new Array(1000)`: nothing ends such a loop.
 * The collector is exposed for the host's demands: the bootstrap of an isolate takes it away before any app comes.
 */
export const HOST_FLAGS: readonly string[] = [
  "-A",
  "--v8-flags=--wasm-max-table-size=1000000,--no-turboshaft-loop-unrolling,--expose-gc",
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
  const guardian = new Guardian({
    spawn: () => {
      file.clear();
      return spawnHost(program, args);
    },
    status: () => file.read(),
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

function spawnHost(program: string, args: readonly string[]): HostProcess {
  const child = new Deno.Command(program, {
    args: [...args],
    // The end of this pipe is how the host learns that its guardian was killed.
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
    // A session of its own: Ctrl+C in the terminal must reach the host once, through us.
    detached: true,
  }).spawn();
  // Held until the end, or the pipe would be collected and closed, and the host would drain.
  const stdin = child.stdin;
  return {
    ended: child.status.then(async ({ code, signal }) => {
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
