/** Bundles the part of NANO that runs inside an isolate. */

import { NanoError } from "../errors.ts";
import { buildError, type BuildErrorContext, isBuildFailure } from "./build_error.ts";
import type { BundleCache, CachedBundle } from "./bundle_cache.ts";
import { esbuildService } from "./esbuild_service.ts";
import type { InputStamp } from "./input_stamp.ts";
import { URL_NAMESPACE, urlModules } from "./url_modules.ts";

const BOOTSTRAP = new URL("../isolate/bootstrap.ts", import.meta.url);
/** Where that of an isolate begins which is a process of its own. */
export const PROCESS_BOOTSTRAP: URL = new URL("../isolate/process_bootstrap.ts", import.meta.url);

/**
 * Bundles the bootstrap of an isolate into one ES module without top-level await, for a worker that may read nothing.
 *
 * @param cache Keeps the result.
 * @param entry Where the bootstrap begins.
 * @throws {NanoError} INTERNAL when it does not build, with every mistake in `details`.
 */
export async function bundleIsolate(cache: BundleCache | undefined, entry: URL = BOOTSTRAP): Promise<string> {
  const cached = await bundledIsolate(cache, entry);
  if (cached !== null) return cached;
  const bundle = await build(entry);
  await cache?.write(entry.href, bundle).catch(() => {
    // A full disk is no reason not to start; every app's bundle tells of it among its warnings.
  });
  return bundle.code;
}

/** The same if it was bundled before; null if not. */
export async function bundledIsolate(
  cache: BundleCache | undefined,
  entry: URL = BOOTSTRAP,
): Promise<string | null> {
  return (await cache?.read(entry.href))?.code ?? null;
}

async function build(entry: URL): Promise<CachedBundle> {
  const inputs = new Map<string, InputStamp>();
  const root = `${URL_NAMESPACE}:${new URL("..", entry).href.replace(/\/$/, "")}`;
  const context: BuildErrorContext = { action: "Cannot bundle the isolate", root, unresolved: new Map() };
  try {
    const result = await esbuildService.build({
      entryPoints: [{ in: entry.href, out: "bootstrap" }],
      outdir: "/",
      absWorkingDir: "/",
      write: false,
      bundle: true,
      format: "esm",
      target: "esnext",
      platform: "neutral",
      // V8 keeps a text with a single letter beyond Latin-1 in two bytes a letter: 0.9 MB an isolate.
      charset: "ascii",
      legalComments: "none",
      // Every isolate holds this text: without the blanks it takes 2.6 MB less. Names stay, apps see some of them.
      minifyWhitespace: true,
      minifySyntax: true,
      logLevel: "silent",
      tsconfigRaw: {},
      // A worker whose module awaits at its top leaks two file descriptors when it is ended.
      supported: { "top-level-await": false },
      plugins: [urlModules({ packageUrl: refuse, onInput: (path, stamp) => inputs.set(path, stamp) })],
    });
    return { code: result.outputFiles[0]!.text, warnings: [], inputs, folders: [] };
  } catch (thrown) {
    if (!isBuildFailure(thrown)) throw thrown;
    const { message, details, cause } = buildError(thrown, context);
    throw new NanoError("INTERNAL", message, { details, cause });
  }
}

function refuse(specifier: string): never {
  throw new Error(`Cannot bundle "${specifier}": an isolate has NANO's own files and node: modules only`);
}
