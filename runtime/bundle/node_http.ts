/** `node:http`, `node:https` and `cloudflare:node` in a build: NANO's own modules, of runtime/node/. */
import type { OnResolveResult, PluginBuild } from "esbuild";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * By specifier, without `node:`. Read by URL: in a compiled binary, which embeds what stands here, they lie where
 * esbuild's process sees nothing.
 */
const FILES = {
  http: new URL("../node/http.ts", import.meta.url),
  https: new URL("../node/https.ts", import.meta.url),
  "cloudflare:node": new URL("../node/cloudflare_node.ts", import.meta.url),
} as const;
const FOLDER = new URL(".", FILES.http);
const NAMESPACE = "nano-node-http";

/** Whether it is one of them. @param name without `node:` */
export function isNodeHttp(name: string): name is keyof typeof FILES {
  return Object.hasOwn(FILES, name);
}

/** What an import of one resolves to. */
export function nodeHttpPath(name: keyof typeof FILES): OnResolveResult {
  return { path: FILES[name].href.slice(FOLDER.href.length), namespace: NAMESPACE, sideEffects: false };
}

/** Makes a build read them. */
export function loadNodeHttp(build: PluginBuild): void {
  // By their paths below that folder, which tell nothing of the machine.
  build.onResolve({ filter: /^\.\.?\//, namespace: NAMESPACE }, ({ path, importer }) => ({
    path: posix.join(posix.dirname(importer), path),
    namespace: NAMESPACE,
    sideEffects: false,
  }));
  build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path }) => ({
    loader: "ts",
    contents: await Deno.readTextFile(fileURLToPath(new URL(path, FOLDER))),
  }));
}
