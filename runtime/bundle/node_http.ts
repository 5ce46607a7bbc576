/** `node:http`, `node:https` and `cloudflare:node` in a build: NANO's own modules, of runtime/node/. */
import type { OnResolveResult, PluginBuild } from "esbuild";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

/** Read by URL: in a compiled binary they lie where esbuild's process sees nothing. */
const FOLDER = new URL("../node/", import.meta.url);
const NAMESPACE = "nano-node-http";

/** By specifier, without `node:`. */
const FILES: Readonly<Record<string, string>> = {
  http: "http.ts",
  https: "https.ts",
  "cloudflare:node": "cloudflare_node.ts",
};

/** Whether it is one of them. @param name without `node:` */
export function isNodeHttp(name: string): boolean {
  return Object.hasOwn(FILES, name);
}

/** What an import of one resolves to. */
export function nodeHttpPath(name: string): OnResolveResult {
  return { path: FILES[name]!, namespace: NAMESPACE, sideEffects: false };
}

/** Makes a build read them. */
export function loadNodeHttp(build: PluginBuild): void {
  // By their paths below that folder, which tell nothing of the machine.
  build.onResolve({ filter: /^\.\//, namespace: NAMESPACE }, ({ path, importer }) => ({
    path: posix.join(posix.dirname(importer), path),
    namespace: NAMESPACE,
    sideEffects: false,
  }));
  build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path }) => ({
    loader: "ts",
    contents: await Deno.readTextFile(fileURLToPath(new URL(path, FOLDER))),
  }));
}
