/** What a process needs of the host to run an app as Deno itself runs it: `"compat": "full"`. */
import type { AppConfig } from "../config/resolved_config.ts";
import type { OpenPlace } from "../config/process_walls.ts";

/** Where an app's code and files lie. All are real paths of the host. */
export interface CodePlace {
  /** The first module. */
  readonly entry: string;
  /** The app's folder, in which it runs. */
  readonly folder: string;
  /** The folder that it may read: its own, or that of its workspace. */
  readonly reach: string;
  /** What it may not read there. */
  readonly hidden: readonly string[];
  /** The folders that it may write: the one it knows as `data`, and where that leads; none where none could be made. */
  readonly data: readonly string[];
  /** Its deno.json, or null. */
  readonly settings: string | null;
}

/** The same with what the app is allowed. */
export interface FullPlace extends CodePlace {
  readonly run: readonly string[];
  readonly ffi: boolean;
  /** Whether it has the network of the host: all other policies are held by NANO's own door. */
  readonly network: boolean;
  readonly fileBytes: number;
}

/** What of an app's configuration its process is made by. */
export type PlaceRules = Pick<AppConfig, "run" | "ffi" | "outbound" | "storageMb">;

/** The place of an app. */
export function fullPlace(code: CodePlace, { run, ffi, outbound, storageMb }: PlaceRules): FullPlace {
  return { ...code, run, ffi, network: outbound === "any", fileBytes: storageMb * 1024 * 1024 };
}

/** The walls around it. */
export function openPlace({ reach, data, hidden, network, run, fileBytes }: FullPlace): OpenPlace {
  const programs = run.filter((name) => name.startsWith("/"));
  return { reads: [reach, ...programs], writes: data, hidden, network, runs: run.length > 0, fileBytes };
}

/** What Deno tells of the machine and apps ask for when they start: processors, memory, names that libraries log by. */
const SYSTEM = "cpus,homedir,hostname,loadavg,networkInterfaces,osRelease,osUptime,systemMemoryInfo,uid,gid,userInfo,username";

/**
 * Arguments of `deno run` for the app, its first module last.
 * @param socket where its process connects to NANO, as it sees it
 * @param tmp the folder for what it keeps while it runs, as it sees it
 */
export function fullArguments(
  { entry, reach, hidden, data, settings, run, ffi, network }: FullPlace,
  { socket, tmp, loader }: { readonly socket: string; readonly tmp: string; readonly loader: string },
): string[] {
  const own = (paths: readonly string[]) => paths.map((path) => path.replaceAll(",", ",,")).join();
  const writes = [...data, tmp];
  return [
    ...["run", "--no-prompt", "--no-lock", "--no-check", "--cached-only", "--no-code-cache"],
    ...["--node-modules-dir=manual", "--unstable-detect-cjs", "--unstable-worker-options", "--unstable-net"],
    settings === null ? "--no-config" : `--config=${settings}`,
    `--allow-read=${own([reach, ...writes, socket])}`,
    ...(hidden.length === 0 ? [] : [`--deny-read=${own(hidden)}`]),
    `--allow-write=${own([...writes, socket])}`,
    network ? "--allow-net" : `--allow-net=unix:${own([socket])}`,
    ...["--allow-env", `--allow-sys=${SYSTEM}`],
    ...(run.length === 0 ? [] : [`--allow-run=${own(run)}`]),
    ...(ffi ? [`--allow-ffi=${own([reach])}`] : []),
    `--preload=${loader}`,
    entry,
  ];
}
