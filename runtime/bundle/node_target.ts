/**
 * Where packages lead Node. NANO asks as Deno does, and there is nothing for Deno where a framework's build copied only
 * what Node asks for (Nitro, Next.js), and too little in React 18.
 */
import type { ImportKind, OnResolveArgs, PluginBuild } from "esbuild";

/**
 * Where an import leads by the conditions of Node alone, for an app that gets what packages offer to Node.
 * @returns absolute path of the file; undefined when Node would not find it either
 */
export async function nodeTarget(
  { esbuild, initialOptions }: PluginBuild,
  { kind, resolveDir }: Pick<OnResolveArgs, "kind" | "resolveDir">,
  specifier: string,
): Promise<string | undefined> {
  if (initialOptions.platform !== "node") return undefined;
  let found: string | undefined;
  await esbuild.build({
    stdin: { contents: importOf(kind, specifier), resolveDir },
    bundle: true,
    write: false,
    logLevel: "silent",
    platform: "node",
    conditions: ["node"],
    mainFields: initialOptions.mainFields ?? ["main", "module"],
    plugins: [{
      name: "nano-node-target",
      setup(build) {
        build.onLoad({ filter: /.*/, namespace: "file" }, ({ path }) => {
          found ??= path;
          return { contents: "" };
        });
      },
    }],
  }).catch(() => {
    // Told by the resolution that asks.
  });
  return found;
}

function importOf(kind: ImportKind, specifier: string): string {
  const name = JSON.stringify(specifier);
  return kind.startsWith("require") ? `require(${name})` : `import ${name}`;
}

/** React 18 gives Deno what it gives browsers, which renders to no stream of Node. */
const REACT_FOR_BROWSERS = "/react-dom/server.browser.js";

/** Whether a module of the app wants what the file that was found lacks. @param file absolute path */
export async function wantsNodeFile({ importer, namespace }: OnResolveArgs, file: string): Promise<boolean> {
  if (!file.endsWith(REACT_FOR_BROWSERS) || namespace !== "file") return false;
  const code = await Deno.readTextFile(importer).catch(() => "");
  return code.includes("renderToPipeableStream");
}
