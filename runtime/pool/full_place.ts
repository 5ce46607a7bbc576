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
  /**
   * The hosts that it may reach by the network of the machine, as Deno takes them; null where it has none, and what it
   * fetches goes by NANO's door. Deno holds a list of hosts, but no rule for all public addresses: it knows no ranges of
   * IPv6 (2.9.6).
   */
  readonly network: "any" | readonly string[] | null;
  readonly fileBytes: number;
}

/** What of an app's configuration its process is made by. */
export type PlaceRules = Pick<AppConfig, "run" | "ffi" | "outbound" | "storageMb">;

/** The place of an app. */
export function fullPlace(code: CodePlace, { run, ffi, outbound, storageMb }: PlaceRules): FullPlace {
  const network = outbound === "public" || outbound === "none" ? null : outbound;
  return { ...code, run, ffi, network, fileBytes: storageMb * 1024 * 1024 };
}

/** The walls around it. */
export function openPlace({ reach, data, hidden, network, run, fileBytes }: FullPlace): OpenPlace {
  const programs = run.filter((name) => name.startsWith("/"));
  return {
    reads: [...SYSTEM_FILES, reach, ...programs],
    writes: data.slice(0, 1),
    hidden,
    network: network !== null,
    runs: run.length > 0,
    fileBytes,
  };
}

/** Packages with native code look there for the kind of system: Deno throws where they expect that there is no file. */
const SYSTEM_FILES = ["/etc/alpine-release", "/etc/os-release", "/usr/bin/ldd"];

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
    `--allow-read=${own([reach, ...writes, socket, ...SYSTEM_FILES])}`,
    ...(hidden.length === 0 ? [] : [`--deny-read=${own(hidden)}`]),
    `--allow-write=${own([...writes, socket])}`,
    ...networkArguments(network, `unix:${own([socket])}`),
    // What Deno tells of the machine, processors, memory, its name: packages ask for it as they start. Only the whole
    // of it has what Next.js asks of the inspector.
    ...["--allow-env", "--allow-sys"],
    ...(run.length === 0 ? [] : [`--allow-run=${own(run)}`]),
    ...(ffi ? [`--allow-ffi=${own([reach])}`] : []),
    `--preload=${loader}`,
    entry,
  ];
}

/** Without a port an entry of a list means all but that of mail, as NANO's own door has it. */
const MAIL_PORT = 25;

function networkArguments(network: FullPlace["network"], socket: string): string[] {
  if (network === "any") return ["--allow-net"];
  if (network === null) return [`--allow-net=${socket}`];
  const withoutMail = network.filter((entry) => !/:\d+$/.test(entry)).map((entry) => `${entry}:${MAIL_PORT}`);
  const denied = withoutMail.length === 0 ? [] : [`--deny-net=${withoutMail.join()}`];
  return [`--allow-net=${[...network, socket].join()}`, ...denied];
}
