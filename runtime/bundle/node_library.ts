/** The modules that stand for Node's in an app: those of runtime/node/, and unenv's stubs for what reaches out. */
import { fileURLToPath } from "node:url";
import { NanoError } from "../errors.ts";
import { NODE_MODULES_URL } from "../protocol/host_calls.ts";
import { buildError, isBuildFailure } from "./build_error.ts";
import type { BundleCache } from "./bundle_cache.ts";
import { esbuildService } from "./esbuild_service.ts";
import type { InputStamp } from "./input_stamp.ts";
import {
  DENO_FILES,
  DENO_KV,
  DENO_SOCKETS,
  LIBRARY,
  libraryFile,
  libraryNames,
  librarySource,
  LOCAL_STORAGE,
  moduleUrl,
  OFFERED,
  OWN_FILE,
  OWN_FOLDER,
  unenvText,
  WORKERS_PLATFORM,
} from "./node_stubs.ts";
import { URL_NAMESPACE, urlModules } from "./url_modules.ts";

const ENTRY = "nano-node-library";

/** Text of each module by its name without `node:`, and of the chunks that they share. */
interface Library {
  readonly texts: Readonly<Record<string, string>>;
  /** Names of the modules and chunks that one imports, `node:` modules of the library among them. */
  readonly imports: Readonly<Record<string, readonly string[]>>;
}

const NAMES: readonly string[] = libraryNames();

let library: Promise<Library> | null = null;

/** How modules are taken from the library. */
export interface LibraryOptions {
  /** Where the library is kept once it was built. */
  readonly cache?: BundleCache | undefined;
  /** Whether the app may have modules of Node; true unless given. */
  readonly nodeCompat?: boolean;
}

/**
 * The modules that a bundle may import, and all that these import, by their URLs.
 *
 * @param code the bundle
 * @throws {NanoError} INTERNAL when the library does not build
 */
export async function nodeModulesOf(
  code: string,
  { cache, nodeCompat = true }: LibraryOptions = {},
): Promise<Record<string, string>> {
  const wanted = nodeCompat ? namesIn(code) : WORKERS_NAMES.test(code) ? [WORKERS_PLATFORM] : [];
  if (wanted.length === 0) return {};
  const { texts, imports } = await (library ??= readLibrary(cache).catch((error) => {
    library = null;
    throw error;
  }));
  const modules: Record<string, string> = {};
  const take = (name: string) => {
    const url = `${NODE_MODULES_URL}${name}.js`;
    if (texts[name] === undefined || modules[url] !== undefined) return;
    modules[url] = texts[name];
    for (const one of imports[name] ?? []) take(one);
  };
  for (const name of wanted) take(name);
  return modules;
}

/** Text or the computed name of a module that is not known before run time. */
const COMPUTED = /\bbuiltinModules\b|getBuiltinModule\??\.?\(\s*[^"'`\s]|(["'`])node:\1|`node:\$\{/;
/** Of run_time_require.ts, which asks for what the code has as a text. */
const OWN_ASKING = `globalThis.process?.getBuiltinModule?.(String(name))`;
const IMPORTED = /["']app:\/\/\/__nano__\/node\/([a-z0-9_/]+)\.js["']/g;
/** Members of Deno that have to do with files; a word of the kind somewhere beside "Deno" is enough. */
const READS =
  /\b(?:cwd|errors|watchFs|(?:read|write)(?:Text)?File|l?stat|readDir|readLink|realPath|open|mkdir|remove|rename|copyFile|makeTemp(?:Dir|File))(?:Sync)?\b/;
/** In Node it is there without an import. */
const CONSOLES = /\bconsole\.Console\b|\bConsole\b[^;=]*\}\s*=\s*(?:globalThis\.)?console\b/;
/** A module that knows its own URL may fetch what lies beside it: WebAssembly is found so. */
const FILE_URL = /["'`]file:\/\/\//;
/** Those that open connections. */
const CONNECTS = /\b(?:connect|connectTls|startTls)\b/;
/** Names that Workers have beside the web platform; what Node or others have by the same name costs an app 10 KB. */
const WORKERS_NAMES =
  /\b(?:scheduler|DigestStream|timingSafeEqual|getAll|readAtLeast|WebSocketRequestResponsePair|(?:de)?serializeAttachment|Cloudflare|MD5|md5|(?:Service)?WorkerGlobalScope|(?:Extendable|Fetch|Scheduled|Tail|Trace)Event|Performance(?:Observer(?:EntryList)?|ResourceTiming))\b/;
const QUOTED = /["'`](?:node:)?([a-z_][a-z0-9_]*(?:\/[a-z]+)?)["'`]/g;

/** Names of the library that stand in a bundle as texts; all that Node has as well when it computes names. */
function namesIn(bundle: string): string[] {
  // The source map is several times as long, and names nothing.
  const map = bundle.lastIndexOf("\n//# sourceMappingURL=");
  const code = map === -1 ? bundle : bundle.slice(0, map);
  const found = new Set<string>(/\bDeno\b/.test(code) && READS.test(code) ? [DENO_FILES] : []);
  if (/\bDeno\b/.test(code) && CONNECTS.test(code)) found.add(DENO_SOCKETS);
  if (/\bopenKv\b/.test(code)) found.add(DENO_KV);
  if (/\bfetch\b/.test(code) && FILE_URL.test(code)) found.add(OWN_FILE);
  if (/\blocalStorage\b/.test(code)) found.add(LOCAL_STORAGE);
  if (WORKERS_NAMES.test(code)) found.add(WORKERS_PLATFORM);
  // These first: not all of them can be asked for by a computed name.
  for (const [, name] of code.matchAll(IMPORTED)) found.add(name!);
  if (COMPUTED.test(code.replace(OWN_ASKING, ""))) return [...found.union(LIBRARY)];
  if (CONSOLES.test(code)) found.add("console");
  const asks = /getBuiltinModule|createRequire/.test(code);
  for (const [text, name] of code.matchAll(QUOTED)) {
    // A word alone names a module only to a require that is not known before run time.
    if (LIBRARY.has(name!) && (asks || text.includes("node:"))) found.add(name!);
  }
  return [...found];
}

async function readLibrary(cache?: BundleCache): Promise<Library> {
  const subject = `${NAMES.map((name) => `${name}: ${libraryFile(name) ?? librarySource(name)}`).join("\n")}`;
  const cached = await cache?.read(subject);
  if (cached !== undefined) return JSON.parse(cached.code);
  const inputs = new Map<string, InputStamp>();
  const built = await build(inputs);
  await cache?.write(subject, { code: JSON.stringify(built), warnings: [], inputs, folders: [] }).catch(() => {
    // A full disk is no reason not to start; every app's bundle tells of it among its warnings.
  });
  return built;
}

async function build(inputs: Map<string, InputStamp>): Promise<Library> {
  const context = { action: "Cannot bundle the node: modules", root: fileURLToPath(OWN_FOLDER), unresolved: new Map() };
  try {
    const { outputFiles, metafile } = await esbuildService.build({
      entryPoints: NAMES.map((name) => ({ in: libraryFile(name) ?? `${ENTRY}:${name}`, out: name })),
      outdir: "/",
      absWorkingDir: "/",
      write: false,
      bundle: true,
      splitting: true,
      metafile: true,
      format: "esm",
      target: "esnext",
      platform: "neutral",
      chunkNames: "chunk-[hash]",
      keepNames: true,
      define: { __NANO_BUILTINS__: JSON.stringify([...OFFERED].sort()) },
      charset: "utf8",
      legalComments: "none",
      minifyWhitespace: true,
      minifySyntax: true,
      logLevel: "silent",
      tsconfigRaw: {},
      plugins: [
        {
          name: ENTRY,
          setup(build) {
            build.onResolve({ filter: new RegExp(`^${ENTRY}:`) }, ({ path }) => ({
              path: path.slice(ENTRY.length + 1),
              namespace: ENTRY,
            }));
            build.onResolve({ filter: /^node:/ }, ({ path, importer, namespace }) => {
              // What stands for a module has the real one of that name; all others have what stands for it.
              const isOwn = namespace === URL_NAMESPACE && importer.startsWith(OWN_FOLDER);
              return { path: isOwn ? path : moduleUrl(path.slice("node:".length)) ?? path, external: true };
            });
            build.onLoad({ filter: /.*/, namespace: ENTRY }, ({ path }) => ({
              contents: librarySource(path),
              loader: "js",
            }));
          },
        },
        urlModules({
          packageUrl: (specifier) => import.meta.resolve(specifier),
          onInput: (path, stamp) => inputs.set(path, stamp),
          onText: unenvText,
        }),
      ],
    });
    const nameOf = (path: string) => path.replace(NODE_MODULES_URL, "").replace(/^\.?\/?/, "").replace(/\.js$/, "");
    return {
      texts: Object.fromEntries(outputFiles.map(({ path, text }) => [nameOf(path), text])),
      imports: Object.fromEntries(
        Object.entries(metafile.outputs).map(([path, output]) => [
          nameOf(path),
          output.imports.map((one) => nameOf(one.path)),
        ]),
      ),
    };
  } catch (thrown) {
    if (!isBuildFailure(thrown)) throw thrown;
    const { message, details, cause } = buildError(thrown, context);
    throw new NanoError("INTERNAL", message, { details, cause });
  }
}
