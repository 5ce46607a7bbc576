/** Gives each module of a bundle what it would know of itself alone: `import.meta`, `__dirname`, `require.main` and the like. */

import type { Loader, OnLoadResult, PluginBuild } from "esbuild";
import { basename, dirname, join } from "node:path";
import { appPath, appUrl } from "./app_files.ts";
import { withPlainRequires } from "./created_require.ts";
import { RESOLVE_FROM } from "./run_time_require.ts";

/** A module that speaks of itself. */
export interface MetaModule {
  readonly path: string;
  /** Real path of the app's folder. */
  readonly root: string;
  readonly text: string;
  readonly loader: Loader;
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  /** Whether the app begins in it. */
  readonly isMain: boolean;
}

const OF_ITSELF =
  /\bimport\.meta\b|\b__dirname\b|\b__filename\b|\brequire\.(?:main|resolve)\b|\bmodule\.(?:id|filename|path|paths|parent|children|require)\b/;
/** `require(__dirname + "/a")`, `require(`${__dirname}/a`)`, `require(path.join(__dirname, "..", "a"))`, and that as compilers write it. */
const BESIDE = new RegExp(
  [
    String.raw`\brequire\(\s*(?:__dirname\s*\+\s*(["'])([^"'\`$\\\n]+)\1`,
    String.raw`\`\$\{__dirname\}([^"'\`$\\\n]+)\``,
    String
      .raw`(?:\(0, ?)?(?:[\w$]+\.)?(?:join|resolve)\)?\(\s*__dirname\s*,\s*((?:(["'])[^"'\`$\\\n]+\5\s*,?\s*)+)\))\s*\)`,
  ].join("|"),
  "g",
);
const RESOLVED_URL = /\bimport\.meta\.resolve\(\s*(?:"([^"\n]+)"|'([^'\n]+)')\s*\)/g;
const RESOLVED = /\brequire\.resolve\(\s*(?:"([^"\n]+)"|'([^'\n]+)')\s*\)/g;
/** What is left to be looked for at run time, from the module's own folder. */
const COMPUTED_RESOLVE = /\brequire\.resolve\((?=\s*[\w$.]+\s*\))/g;
/** A statement that only an ES module has: there is no `__dirname` in one, and packages look for it to know. */
const ES_STATEMENT = /(?:^|[;}])[ \t]*(?:import\s*[{*"']|import\s+[\w$]|export\s*[{*]|export\s+[\w$])/m;

/** `import.meta` by itself (`const { dirname } = import.meta`), or a method of it whose argument only run time knows. */
const AS_VALUE = /\bimport\.meta\b(?!\s*\??\.\s*[\w$])|\bimport\.meta\s*\??\.\s*resolve\b/;
/** Stands for it there. */
const META = "__nanoMeta";

/** What esbuild may leave to be lowered, for every pass over an app's code. */
export const SYNTAX = {
  target: "esnext",
  // V8 has neither decorators nor `accessor`. All else stays as it is written: private fields lowered are slow ones.
  supported: { decorators: false },
} as const;

/** Whether {@linkcode writeModuleMeta} has anything to replace. */
export function speaksOfItself(text: string): boolean {
  return OF_ITSELF.test(text);
}

/** Replaces the names: in one bundle they would be the bundle's own. Paths begin at the app's folder, not the host's. */
export async function writeModuleMeta(build: PluginBuild, module: MetaModule): Promise<OnLoadResult> {
  const { path, text, loader, compilerOptions } = module;
  try {
    const resolved = await withResolved(build, module);
    const { code } = await build.esbuild.transform(resolved, {
      loader,
      sourcefile: basename(path),
      sourcemap: "inline",
      ...SYNTAX,
      charset: "utf8",
      logLevel: "silent",
      // JSX too becomes code here: the comments that say how would not outlive this.
      tsconfigRaw: { compilerOptions },
      define: { ...namesOf(module), ...AS_VALUE.test(resolved) ? { "import.meta": META } : {} },
    });
    return { contents: code.includes(META) ? metaOf(module) + code : code, loader: "js" };
  } catch {
    // The build itself finds the same mistake, and tells it with its place.
    return { contents: text, loader };
  }
}

/** esbuild leaves the argument of `require.resolve` as it is, and at run time there is nothing to look for it in. */
async function withResolved(build: PluginBuild, module: MetaModule): Promise<string> {
  const { path } = module;
  const text = withPlainRequires(module.text).replace(BESIDE, (_, _quote, added, inTemplate, joined) => {
    const parts = joined?.match(/(?<=["'])[^"',]+(?=["'])/g) ?? [added ?? inTemplate];
    return `require(${JSON.stringify(`./${join(".", ...parts)}`)})`;
  });
  const paths = new Map<string, string>();
  for (const [call, double, single] of text.matchAll(RESOLVED)) {
    const options = { kind: "require-resolve", importer: path, namespace: "file", resolveDir: dirname(path) } as const;
    const found = await build.resolve(double ?? single!, options);
    if (found.errors.length === 0 && found.path.startsWith("/")) paths.set(call, JSON.stringify(found.path));
  }
  const known = paths.size === 0 ? text : text.replaceAll(RESOLVED, (call) => paths.get(call) ?? call);
  const folder = JSON.stringify(dirname(appPath(module.root, path)));
  const required = ES_STATEMENT.test(text)
    ? known
    : known.replace(COMPUTED_RESOLVE, `require.${RESOLVE_FROM}(${folder})(`);
  return await withResolvedUrls(build, { ...module, text: required });
}

/** `import.meta.resolve` of one bundle would begin at the bundle. A name that is not found stays, and fails at the call. */
async function withResolvedUrls(build: PluginBuild, { path, root, text }: MetaModule): Promise<string> {
  const urls = new Map<string, string>();
  for (const [call, double, single] of text.matchAll(RESOLVED_URL)) {
    const name = double ?? single!;
    if (/^\.{0,2}\//.test(name)) {
      // It need not be there.
      urls.set(call, JSON.stringify(new URL(name, fileUrl(root, path)).href));
      continue;
    }
    const options = { kind: "import-statement", importer: path, namespace: "file", resolveDir: dirname(path) } as const;
    const found = URL.canParse(name) ? null : await build.resolve(name, options);
    if (found === null) urls.set(call, JSON.stringify(name));
    else if (found.errors.length === 0 && found.path.startsWith("/")) {
      urls.set(call, JSON.stringify(fileUrl(root, found.path)));
    }
  }
  return urls.size === 0 ? text : text.replaceAll(RESOLVED_URL, (call) => urls.get(call) ?? call);
}

/** As Node and Deno have it: code asks whether it was started by comparing this with `process.argv[1]`. */
function fileUrl(root: string, path: string): string {
  return `file:${appUrl(root, path).slice("app:".length)}`;
}

/** The object, as source. Its own line is none: no line moves. */
function metaOf({ path, root, isMain }: MetaModule): string {
  const url = JSON.stringify(fileUrl(root, path));
  const filename = appPath(root, path);
  return `const ${META} = { dirname: ${JSON.stringify(dirname(filename))}, filename: ${JSON.stringify(filename)}, ` +
    `main: ${isMain}, resolve: (name) => /^\\.{0,2}\\//.test(name) ? new URL(name, ${url}).href : ` +
    `import.meta.resolve(name), url: ${url}, get env() { return import.meta.env; } };`;
}

function namesOf({ path, root, text, isMain }: MetaModule): Record<string, string> {
  const url = fileUrl(root, path);
  const filename = JSON.stringify(appPath(root, path));
  const folder = JSON.stringify(dirname(appPath(root, path)));
  const meta = {
    "import.meta.url": JSON.stringify(url),
    "import.meta.main": String(isMain),
    "import.meta.dirname": folder,
    "import.meta.filename": filename,
  };
  if (ES_STATEMENT.test(text)) return meta;
  return {
    ...meta,
    __dirname: folder,
    __filename: filename,
    "module.id": isMain ? `"."` : filename,
    "module.filename": filename,
    "module.path": folder,
    "module.paths": "[]",
    "module.children": "[]",
    "module.require": "require",
    // Programs ask by these whether they were started or imported; `require` is that of run_time_require.ts.
    "module.parent": isMain ? "null" : "require.main",
    ...isMain ? { "require.main": "module" } : {},
  };
}
