/** What npm packages written for Node find in an app: a process object that reaches nothing, Buffer, global. */
import { readableLater } from "./thrown_values.ts";
import { bare } from "../../protocol/bare.ts";
import { pastIsolate } from "../../protocol/past_isolate.ts";
import {
  assign,
  matches,
  NativeError,
  NativeProxy,
  NativeString,
  NativeTypeError,
  round,
} from "../../protocol/primordials.ts";
import v8 from "node:v8";
import { createInput, createOutput } from "./node_output.ts";
import { createBinding } from "./process_binding.ts";
import { installProcessEvents } from "./process_events.ts";

type Callable = (...given: unknown[]) => unknown;

const { hrtime, nextTick, version, platform, arch } = process;
/** Old packages compare them, and patch the language where they are missing: spdy exchanges `Object.assign`. */
const { node, v8: v8Version, modules, napi, uv, zlib, openssl, unicode } = process.versions;
const VERSIONS = { node, v8: v8Version, modules, napi, uv, zlib, openssl, unicode };
const { hasOwn } = Object;
const heapStatistics = v8.getHeapStatistics;
const now = performance.now.bind(performance);

/** What a system may leave uncounted. */
const NO_USAGE = {
  userCPUTime: 0,
  systemCPUTime: 0,
  maxRSS: 0,
  ...{ sharedMemorySize: 0, unsharedDataSize: 0, unsharedStackSize: 0, minorPageFault: 0, majorPageFault: 0 },
  ...{ swappedOut: 0, fsRead: 0, fsWrite: 0, ipcSent: 0, ipcReceived: 0, signalsCount: 0 },
  ...{ voluntaryContextSwitches: 0, involuntaryContextSwitches: 0 },
};

/** How the one folder that an app works in may be written. */
const HERE = /^[/.][/]*\.?[/]*$/;

/** Globals of Node that an app has beside those of the web. */
const NODE_GLOBALS = ["Buffer", "global", "process", "setImmediate", "clearImmediate"];

/** Members of the app's process that `node:process` exports by name. */
const EXPORTED = "abort addListener allowedNodeEnvironmentFlags arch argv argv0 availableMemory binding chdir config " +
  "constrainedMemory cpuUsage cwd debugPort dlopen emit emitWarning env eventNames execArgv execPath exit exitCode " +
  "features getActiveResourcesInfo getBuiltinModule getMaxListeners getegid geteuid getgid getgroups getuid " +
  "hasUncaughtExceptionCaptureCallback hrtime initgroups kill listenerCount listeners loadEnvFile memoryUsage nextTick " +
  "off on once pid platform ppid prependListener prependOnceListener rawListeners reallyExit release " +
  "removeAllListeners removeListener report resourceUsage setMaxListeners setSourceMapsEnabled " +
  "setUncaughtExceptionCaptureCallback setegid seteuid setgid setgroups setuid sourceMapsEnabled stderr stdin stdout " +
  "threadCpuUsage title umask uptime version versions";

/** What stands for `node:process`: the app's own object, never the worker's. */
export const PROCESS_SOURCE = `const process = globalThis.process;
export default process;
export const { ${EXPORTED.split(" ").join(", ")} } = process;`;

/** Takes Node's globals away. @boot */
export function removeNodeGlobals(): void {
  for (const name of NODE_GLOBALS) Reflect.deleteProperty(globalThis, name);
}

/**
 * The app's process.
 *
 * @param env the app's variables, shared with Deno.env
 * @boot
 */
export function createProcess(
  env: Record<string, string>,
  { nanoVersion, nodeEnv }: { nanoVersion: string; nodeEnv: string },
): object {
  const started = now();
  const { error, info, warn } = console;
  const emptyList = () => [];
  const refused: Record<string, Callable> = {};
  for (const name of "abort dlopen initgroups kill setegid seteuid setgid setgroups setuid".split(" ")) {
    refused[name] = () => {
      throw new NativeTypeError(pastIsolate(`process.${name}`));
    };
  }
  const exit = (name: string): Callable => (code: unknown = app.exitCode ?? 0) => {
    throw new NativeTypeError(
      `Cannot call process.${name}(${NativeString(code)}): it reaches past the isolate; only the request fails`,
    );
  };
  const cpuUsage = () => ({ user: round((now() - started) * 1000), system: 0 });
  const memoryUsage = createMemoryUsage();
  const nobody = () => -1;
  const app = {
    ...refused,
    exit: exit("exit"),
    reallyExit: exit("reallyExit"),
    env: createEnv(env, nodeEnv),
    nextTick: readableLater(nextTick as unknown as Callable),
    hrtime,
    platform,
    arch,
    version,
    versions: { ...VERSIONS, nano: nanoVersion },
    release: { name: "node" },
    title: "nano",
    argv: ["nano", "app"],
    argv0: "nano",
    execArgv: [],
    execPath: "",
    pid: 1,
    ppid: 0,
    exitCode: undefined as unknown,
    features: {},
    config: { target_defaults: {}, variables: {} },
    stdin: createInput(),
    stdout: createOutput(1, info),
    stderr: createOutput(2, error),
    binding: createBinding(),
    cwd: () => "/",
    chdir(folder: unknown) {
      // Many begin with their own folder, which it is.
      if (typeof folder !== "string" || !matches(HERE, folder)) throw new NativeTypeError(pastIsolate("process.chdir"));
    },
    umask: () => 0o22,
    uptime: () => (now() - started) / 1000,
    cpuUsage,
    threadCpuUsage: cpuUsage,
    memoryUsage,
    // In KiB, and of the rest Node too says 0 where a system does not count it.
    resourceUsage: () => ({ ...NO_USAGE, userCPUTime: cpuUsage().user, maxRSS: round(memoryUsage.rss() / 1024) }),
    // As node:os has it; 0 also is Node's word for no constraint.
    availableMemory: () => 0,
    constrainedMemory: () => 0,
    // That of node:os: nobody.
    ...{ getuid: nobody, geteuid: nobody, getgid: nobody, getegid: nobody },
    getgroups: emptyList,
    getActiveResourcesInfo: emptyList,
    allowedNodeEnvironmentFlags: new Set<string>(),
    debugPort: 9229,
    // A .env is out of an app's sight; what its variables are stands in the configuration.
    loadEnvFile: () => {},
    sourceMapsEnabled: true,
    setSourceMapsEnabled: () => {},
    setUncaughtExceptionCaptureCallback: () => {},
    hasUncaughtExceptionCaptureCallback: () => false,
    // Packages look here for the C library, to know the name of their machine code; that it cannot be loaded is said then.
    report: { getReport: () => ({ header: { glibcVersionRuntime: "2.27" }, sharedObjects: [] }) },
    getBuiltinModule: () => undefined,
    emitWarning(warning: unknown, kind: unknown = "Warning", code?: unknown) {
      const given = typeof kind === "object" && kind !== null ? kind as { type?: unknown; code?: unknown } : undefined;
      const name = NativeString(given === undefined ? kind : given.type ?? "Warning");
      const told = typeof warning === "string" ? createWarning(warning, name, given?.code ?? code) : warning;
      warn(typeof warning === "string" ? `(node) ${name}: ${warning}` : warning);
      nextTick(() => events.emit("warning", told));
    },
  };
  const events = installProcessEvents(app);
  return Object.defineProperty(app, Symbol.toStringTag, { value: "process", configurable: true });
}

/** As `warning` listeners get it. @boot */
function createWarning(message: string, name: string, code: unknown): Error {
  return assign(new NativeError(message), { name }, code === undefined ? {} : { code });
}

/**
 * Variables are texts, whatever is assigned. NODE_ENV, which packages ask for, is none of the app's own and so in no
 * list of them.
 * @boot
 */
function createEnv(values: Record<string, string>, nodeEnv: string): Record<string, string> {
  const handler: ProxyHandler<Record<string, string>> = {
    get: (target, name) => name === "NODE_ENV" && !hasOwn(target, name) ? nodeEnv : target[name as string],
    has: (target, name) => name === "NODE_ENV" || name in target,
    set(target, name, value) {
      if (typeof name === "string") target[name] = NativeString(value);
      return true;
    },
    defineProperty(target, name, descriptor) {
      if (typeof name === "string" && "value" in descriptor) target[name] = NativeString(descriptor.value);
      return true;
    },
  };
  return new NativeProxy(values, bare(handler));
}

/** The isolate's own figures: those of the process would tell of its neighbours. @boot */
export function createMemoryUsage() {
  const memoryUsage = () => {
    const heap = heapStatistics();
    return {
      rss: heap.total_heap_size + heap.external_memory,
      heapTotal: heap.total_heap_size,
      heapUsed: heap.used_heap_size,
      external: heap.external_memory,
      arrayBuffers: heap.external_memory,
    };
  };
  return assign(memoryUsage, { rss: () => memoryUsage().rss });
}
