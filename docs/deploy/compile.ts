/** Compiles NANO into one binary: deno task compile [--target TARGET] [--output FILE]. */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HOST_FLAGS } from "../../admin/guardian/guard.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What the binary runs. */
export const MAIN_MODULE = "admin/cli/main.ts";

/**
 * What no import leads to: the warden, the data threads and the threads of a fleet's engine, whose URLs are given to workers, the bootstrap, which is bundled at start, the
 * modules that stand for Node's, which are bundled when an app imports one, and the dashboard's scripts, which are bundled
 * when somebody looks at it. All that these import is found as the main module's
 * imports are; the dashboard's styles are imported as text.
 */
export const NAMED_MODULES: readonly string[] = [
  "runtime/config/folder_events_worker.ts",
  "runtime/pool/warden.ts",
  ...["data_worker", "file_worker", "stage_worker", "sql_main", "sql_worker"].map((name) => `runtime/data/${name}.ts`),
  ...["link_worker", "data/data_link_worker"].map((name) => `runtime/fleet/${name}.ts`),
  "runtime/isolate/bootstrap.ts",
  "runtime/isolate/process_bootstrap.ts",
  "runtime/pool/process_module.ts",
  ...[
    "cluster",
    "console",
    "deno_files",
    "dgram",
    "dns",
    "dns_promises",
    "fs",
    "fs_promises",
    "http",
    "http_common",
    "https",
    "deno_kv",
    "local_storage",
    "module",
    "os",
    "own_file",
    "perf_hooks",
    "readline",
    "readline_promises",
    "test",
    "test_reporters",
  ]
    .map((name) => `runtime/node/${name}.ts`),
  ...[
    "cloudflare_node",
    "cloudflare_sockets",
    "deno_sockets",
    "native_servers",
    "net",
    "tls",
    "url",
    "v8",
    "vm",
    "worker_threads",
    "workers_platform",
  ].map((
    name,
  ) => `runtime/node/${name}.ts`),
  "runtime/node/html/html_rewriter.ts",
  ...["app.ts", "events.tsx", "frame.ts", "nodes.ts", "overview.tsx", "theme.ts", "uploads.ts"].map((name) =>
    `admin/dashboard/client/${name}`
  ),
];

/**
 * Folders of packages that are left out, by package.
 *
 * Deno 2.9 parses every file without an extension as JavaScript. The 200,000 numbers of bintrees/test/perf/100k, one a
 * line, are one expression to it, and it overflows its stack: https://github.com/denoland/deno/issues/36746
 */
const LEFT_OUT: readonly { readonly name: string; readonly folder: string }[] = [
  { name: "bintrees", folder: "test" },
];

/** What to compile, for whom. */
export interface CompileOptions {
  readonly output: string;
  /** As `deno compile --target` takes it; without it this machine's. */
  readonly target?: string;
  /** From {@linkcode leftOut}. */
  readonly exclude: readonly string[];
}

/**
 * Arguments of `deno` that compile NANO.
 *
 * All permissions are baked in, as the tasks give them: Deno lists /proc/self/task only to a process that has every one,
 * and there NANO sees whether the thread of an ended isolate is really gone. What apps may do is not decided here:
 * isolates have no permission at all.
 */
export function compileArgs({ output, target, exclude }: CompileOptions): string[] {
  return [
    "compile",
    ...HOST_FLAGS,
    "--no-prompt",
    // Without what only tests and the docs use.
    "--exclude-unused-npm",
    ...exclude.flatMap((path) => ["--exclude", path]),
    ...NAMED_MODULES.flatMap((path) => ["--include", path]),
    ...target === undefined ? [] : ["--target", target],
    "--output",
    output,
    MAIN_MODULE,
  ];
}

/**
 * Installs the packages, and tells where Deno's cache has the folders that are left out.
 *
 * @throws {Error} When they cannot be installed, with what Deno says.
 */
export async function leftOut(): Promise<string[]> {
  await deno(["install", "--entrypoint", MAIN_MODULE]);
  const { npmCache } = JSON.parse(await deno(["info", "--json"])) as { npmCache: string };
  const found: string[] = [];
  // <registry>/<package>/<version>
  for (const registry of await foldersIn(npmCache)) {
    for (const { name, folder } of LEFT_OUT) {
      for (const version of await foldersIn(join(registry, name))) found.push(join(version, folder));
    }
  }
  return found;
}

async function foldersIn(path: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => join(path, name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function deno(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT }).output();
  const [out, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`Cannot run deno ${args.join(" ")}: ${said}`);
  return out!;
}

if (import.meta.main) {
  const { values: { target, output } } = parseArgs({
    args: Deno.args,
    options: { target: { type: "string" }, output: { type: "string", default: "nano" } },
  });
  const args = compileArgs({ output, ...target === undefined ? {} : { target }, exclude: await leftOut() });
  const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null" }).spawn().status;
  Deno.exit(code);
}
