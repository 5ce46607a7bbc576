/** Starts the process of one isolate: what it may, what it is given, and what ends it when this process ends. */
import { findProcessTools } from "../config/process_tools.ts";
import { nextProcessUser, type ProcessUser } from "../config/process_users.ts";
import { maxThreads, type ProcessTools, walledCommand, walledPlace } from "../config/process_walls.ts";
import { inTime, LATE } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import type { FrameConnection } from "../protocol/frame_pipe.ts";
import { type ProcessHead, PROGRAM_PATH } from "../protocol/process_cell.ts";
import { findProcessGroups, type ProcessGroup } from "../machine/process_groups.ts";
import { onlyChild, setOomScore } from "../machine/process_state.ts";
import { heapSpaces } from "./heap_spaces.ts";
import { fullArguments, type FullPlace, openPlace } from "./full_place.ts";
import { fullUser } from "./full_user.ts";
import type { ProcessStatus } from "./process_end.ts";
import { makeProcessFolder } from "./process_folders.ts";
import { PROCESS_MODULE } from "./process_module.ts";

/** The word by which a compiled NANO becomes the process of an isolate; no command that people are told of. */
export const ISOLATE_WORD = "isolate-process";

/** V8's flags that every isolate has, wherever it runs: those of the host. */
const ISOLATE_FLAGS = [
  "--wasm-max-table-size=1000000",
  "--no-turboshaft-loop-unrolling",
  "--expose-gc",
  "--no-memory-pool",
  "--no-memory-pool-share-memory-on-teardown",
];
/** In KiB, as threads of isolates have it; Linux gives the first thread of a process 8 MiB. */
const STACK_KIB = 4000;
/** Among 1,000: before NANO, whose score is 0 unless the operator says otherwise, and before most of a machine. */
const OOM_SCORE = 700;
/** Programs that build the walls and wait for the end of the process behind them, of one thread each. */
const LAUNCHER_PROCESSES = 8;
/** A process connects in 160 ms on a busy machine; this is for the busiest, and the reserve has a bound of its own. */
const CONNECT_MS = 60_000;

/** Where an app that runs as Deno itself runs it keeps what it needs while it runs. */
function tmpOf(folder: string, { namespaces }: ProcessTools): string {
  return namespaces === null ? `${folder}/tmp` : "/tmp";
}

/** A process and the connection to it. */
export interface ProcessChild {
  readonly child: {
    readonly status: Promise<ProcessStatus>;
    readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
    readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  };
  readonly input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  /** @throws when the process ends before it has connected, or takes too long */
  readonly connected: Promise<{ readonly connection: FrameConnection; readonly pid: number }>;
  /** Where an app that Deno itself runs keeps temporary files on the disk of the machine; null where it does not. */
  readonly tmp: string | null;
  /** What the kernel bounds it and its programs in, for who started it to remove; null where NANO may make none. */
  readonly group: ProcessGroup | null;
  /** Ends it, whatever it does. */
  kill(): void;
}

/** What of this process says how to start another. */
export interface ProcessPlace {
  readonly standalone: boolean;
  readonly execPath: string;
  readonly tools: ProcessTools;
  /** Of an app that runs as Deno itself runs it. */
  readonly full?: FullPlace | null;
  /** Whom the process runs as; null: as NANO. */
  readonly user?: ProcessUser | null;
}

/**
 * The command of an isolate's process: Deno without permissions but those to its socket, which it gives up once it is
 * connected, within the walls that this machine has for it.
 */
export function processCommand(
  folder: string,
  memoryMb: number,
  { standalone, execPath, tools, full = null, user = null }: ProcessPlace,
): { readonly program: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const walled = { folder, executable: execPath, open: full === null ? null : openPlace(full), user };
  const { executable, socket } = walledPlace(walled, tools);
  const { maxOldGenerationSizeMb, maxYoungGenerationSizeMb } = heapSpaces(memoryMb, true);
  const flags = [
    ...ISOLATE_FLAGS,
    `--stack-size=${STACK_KIB}`,
    `--max-old-space-size=${maxOldGenerationSizeMb}`,
    // A young generation is three of them.
    `--max-semi-space-size=${Math.max(1, Math.round(maxYoungGenerationSizeMb / 3))}`,
  ];
  const own = escaped(socket);
  const run = [
    ...["run", "--no-prompt", "--no-config", "--no-lock", "--no-npm", "--no-remote", "--no-check", "--no-code-cache"],
    ...["--unstable-worker-options", "--unstable-no-legacy-abort", "--unstable-net"],
    ...[`--allow-read=${own}`, `--allow-write=${own}`, `--allow-net=unix:${own}`],
    PROCESS_MODULE.href,
  ];
  const tmp = tmpOf(folder, tools);
  const command = full === null ? run : fullArguments(full, { socket, tmp, loader: PROCESS_MODULE.href });
  const [program, ...args] = walledCommand(walled, tools, [executable, ...(standalone ? [ISOLATE_WORD] : command)]);
  return {
    program,
    args,
    env: {
      // Deno keeps its caches in memory where it can make no folder.
      DENO_DIR: "/dev/null",
      DENO_V8_FLAGS: flags.join(),
      DENO_NO_UPDATE_CHECK: "1",
      // As threads have them: admin/process/serving_zone.ts.
      TZ: "UTC",
      LANG: "C.UTF-8",
      LC_ALL: "C.UTF-8",
      ...(full === null ? {} : { TMPDIR: tmp, HOME: tmp, NO_COLOR: "1", PATH: PROGRAM_PATH }),
    },
  };
}

/**
 * Starts one.
 * @param source text of the bootstrap
 * @param full of an app that runs as Deno itself runs it
 * @throws when it cannot be started at all
 */
export async function startProcess(
  memoryMb: number,
  source: string,
  full: FullPlace | null = null,
): Promise<ProcessChild> {
  const found = await findProcessTools();
  if ("missing" in found) throw new Error(`this machine does not have ${found.missing}`);
  if (full !== null && Deno.build.standalone) throw new Error('"compat": "full" takes a NANO that Deno runs');
  const { withoutUsers } = found.tools;
  const user = full !== null ? await fullUser(full) : withoutUsers === null ? nextProcessUser() : null;
  // Nobody else may look into the folder, and nothing is left of it once the process is connected.
  const folder = await makeProcessFolder();
  const cleanUp = () => Deno.removeSync(folder, { recursive: true });
  let listener: Deno.UnixListener | null = null;
  let group: ProcessGroup | null = null;
  let spawned: Deno.ChildProcess | null = null;
  try {
    if (full !== null) Deno.mkdirSync(`${folder}/tmp`);
    listener = Deno.listen({ transport: "unix", path: `${folder}/socket` });
    if (user !== null) giveFolder(folder, user);
    group = makeGroup(maxThreads(full !== null));
    const { program, args, env } = processCommand(folder, memoryMb, {
      standalone: Deno.build.standalone,
      execPath: Deno.execPath(),
      tools: found.tools,
      full,
      user,
    });
    spawned = new Deno.Command(program, {
      args: [...args],
      cwd: "/",
      clearEnv: true,
      env: { ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    group?.add(spawned.pid);
  } catch (error) {
    spawned?.kill("SIGKILL");
    group?.removeSync();
    listener?.close();
    cleanUp();
    throw error;
  }
  const child = {
    pid: spawned.pid,
    stdout: spawned.stdout,
    stderr: spawned.stderr,
    // Before the group goes, which knows it.
    status: spawned.status.then((status) => ({ ...status, isOverMemory: group?.ranOutOfMemory === true })),
  };
  // What it starts has it from there.
  setOomScore(child.pid, OOM_SCORE);
  const input = spawned.stdin.getWriter();
  const { socket } = walledPlace({ folder, executable: Deno.execPath() }, found.tools);
  const head: ProcessHead = {
    path: socket,
    heapBytes: memoryMb * 1024 * 1024,
    full: full === null ? null : { folder: full.folder, network: full.network !== null },
  };
  // Who ends before has no use for it.
  input.write(framed(JSON.stringify(head), source)).catch(() => {});
  const isBehind = found.tools.namespaces !== null;
  // What it keeps while it runs lies in the folder where there are no namespaces.
  const cleanLater = () =>
    void child.status.then(() => Deno.remove(folder, { recursive: true })).catch(() => {
      // The next NANO tries again; a folder that the app has closed to everybody but root stays.
    });
  const connected = connection(listener, child).finally(full === null ? cleanUp : cleanLater).then((connection) => {
    const pid = isBehind ? onlyChild(child.pid) ?? child.pid : child.pid;
    // It may have been started before the program that starts it was in the group and had its score.
    group?.add(pid);
    setOomScore(pid, OOM_SCORE);
    return { connection, pid };
  });
  connected.catch(() => {});
  const kill = () => {
    // It is killed before `unshare`, which then sees it gone: nobody else might.
    group?.kill();
    const behind = isBehind ? onlyChild(child.pid) : null;
    // One that has ended is known to be gone; its number may be another's by now.
    if (behind === null) spawned.kill("SIGKILL");
    else Deno.kill(behind, "SIGKILL");
  };
  const tmp = full === null || isBehind ? null : tmpOf(folder, found.tools);
  return { child, input, connected, tmp, group, kill };
}

/** The folder itself last: whose it is may change what lies in it. */
function giveFolder(folder: string, { uid, gid }: ProcessUser): void {
  for (const { name } of Deno.readDirSync(folder)) Deno.chownSync(`${folder}/${name}`, uid, gid);
  Deno.chownSync(folder, uid, gid);
}

let isSwept = false;

/** Null where the kernel gives NANO none. */
function makeGroup(threads: number): ProcessGroup | null {
  const found = findProcessGroups();
  if ("lacks" in found) return null;
  if (!isSwept) found.groups.sweep();
  isSwept = true;
  const group = found.groups.make();
  group.boundThreads(threads + LAUNCHER_PROCESSES);
  return group;
}

async function connection(
  listener: Deno.UnixListener,
  child: Pick<ProcessChild["child"], "status">,
): Promise<Deno.UnixConn> {
  // A process that ends cannot connect any more.
  void child.status.then(() => listener.close()).catch(() => {});
  try {
    const connection = await inTime(listener.accept(), CONNECT_MS);
    if (connection === LATE) throw new Error(`it did not connect within ${CONNECT_MS} ms`);
    return connection;
  } catch (error) {
    throw new Error(`Cannot reach an isolate's process: ${messageOf(error)}`, { cause: error });
  } finally {
    try {
      listener.close();
    } catch {
      // By the end of the process.
    }
  }
}

/** Texts behind their lengths, in bytes. */
function framed(...texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const all = texts.map((text) => new TextEncoder().encode(text));
  const bytes = new Uint8Array(all.reduce((total, one) => total + 4 + one.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const one of all) {
    view.setUint32(at, one.length, true);
    bytes.set(one, at + 4);
    at += 4 + one.length;
  }
  return bytes;
}

/** A comma in a path is written twice. */
function escaped(path: string): string {
  return path.replaceAll(",", ",,");
}
