/** Packages of which a framework's build copied only the files that Node asks for (Nitro, Next.js): what Deno would ask for is not there. */
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
