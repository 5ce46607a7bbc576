/** Bundles the scripts of NANO's own pages for browsers. */

import type { BuildResult } from "esbuild";
import { NanoError } from "../errors.ts";
import { buildError, type BuildErrorContext, isBuildFailure } from "./build_error.ts";
import { esbuildService } from "./esbuild_service.ts";
import { URL_NAMESPACE, urlModules } from "./url_modules.ts";

/** The scripts to bundle. */
export interface PageScripts {
  /** By the name of the script without its ending: the module, as a `file:` URL. */
  readonly entries: Readonly<Record<string, URL>>;
  /** The package whose `jsx-runtime` makes elements in a browser. */
  readonly jsxImportSource: string;
}

/**
 * Bundles scripts into ES modules that share what they have in common. A script that neither imports nor exports is a
 * classic script, too.
 *
 * esbuild's process ends with it, unless apps are being built: whoever looks at a page once should not keep it running.
 *
 * @returns Texts by file name; the modules that scripts share are among them, and are imported as `./name`.
 * @throws {NanoError} INTERNAL when it does not build, with every mistake in `details`.
 */
export async function bundlePageScripts(scripts: PageScripts): Promise<Record<string, string>> {
  const folders = Object.values(scripts.entries).map((entry) => new URL("..", entry).href.replace(/\/$/, ""));
  const root = `${URL_NAMESPACE}:${folders[0] ?? ""}`;
  const context: BuildErrorContext = { action: "Cannot bundle the page's scripts", root, unresolved: new Map() };
  try {
    const { outputFiles } = await build(scripts);
    return Object.fromEntries(outputFiles!.map(({ path, text }) => [path.slice(path.lastIndexOf("/") + 1), text]));
  } catch (thrown) {
    if (!isBuildFailure(thrown)) throw thrown;
    const { message, details, cause } = buildError(thrown, context);
    throw new NanoError("INTERNAL", message, { details, cause });
  } finally {
    await esbuildService.stopIfIdle();
  }
}

function build({ entries, jsxImportSource }: PageScripts): Promise<BuildResult> {
  return esbuildService.build({
    entryPoints: Object.entries(entries).map(([out, { href }]) => ({ in: href, out })),
    outdir: "/",
    absWorkingDir: "/",
    write: false,
    bundle: true,
    splitting: true,
    chunkNames: "chunk-[hash]",
    format: "esm",
    // Browsers of 2022 and later
    target: "es2022",
    platform: "browser",
    charset: "utf8",
    legalComments: "none",
    minify: true,
    logLevel: "silent",
    tsconfigRaw: {},
    jsx: "automatic",
    jsxImportSource,
    plugins: [urlModules({ packageUrl: (specifier) => import.meta.resolve(specifier) })],
  });
}
