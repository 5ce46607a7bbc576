/** Leaves `node:` modules to the isolate, which decides at run time what an app may have. */

import type { Plugin } from "esbuild";
import { isBuiltin } from "node:module";
import { OFFERED_BUILTINS, refusalText } from "../protocol/node_builtins.ts";
import { isNodeHttp, loadNodeHttp, nodeHttpPath } from "./node_http.ts";
import { isStubbed, loadStubs, stubPath } from "./node_stubs.ts";

const OFFERED: ReadonlySet<string> = new Set(OFFERED_BUILTINS);
const REQUIRED = "nano-required-builtin";
const REFUSED = "nano-refused-builtin";

/**
 * An esbuild plugin that turns `fs`, `node:fs` and the like into `node:` imports that stay in the bundle.
 *
 * @param nodeCompat Whether the app may import them at all; a static import is refused if not.
 */
export function nodeBuiltins(nodeCompat: boolean): Plugin {
  return {
    name: "nano-node-builtins",
    setup(build) {
      loadStubs(build);
      loadNodeHttp(build);
      build.onResolve({ filter: /^(node:|[a-z0-9_]+(\/[a-z0-9_]+)?$)/ }, (args) => {
        if (!isBuiltin(args.path)) {
          return args.path.startsWith("node:")
            ? { errors: [{ text: `There is no module "${args.path}"` }] }
            : undefined;
        }
        const name = args.path.replace(/^node:/, "");
        if (args.kind === "require-resolve") return { path: args.path, external: true };
        if (args.kind === "require-call") return { path: name, namespace: REQUIRED, pluginData: { nodeCompat } };
        if (!nodeCompat && args.kind === "import-statement") {
          return { errors: [{ text: refusalText(`node:${name}`, true, false) }] };
        }
        if (OFFERED.has(name)) return { path: `node:${name}`, external: true };
        if (nodeCompat && isNodeHttp(name)) return nodeHttpPath(name);
        if (nodeCompat && isStubbed(name)) return stubPath(name);
        // The isolate refuses it too, but in Deno 2.9 a static import of "node:worker_threads" slips past its hook: that
        // module is loaded in every worker, and linking finds it by its name whatever the hook said.
        return { path: name, namespace: REFUSED };
      });
      build.onLoad({ filter: /.*/, namespace: REFUSED }, ({ path }) => ({
        loader: "js",
        // CommonJS, so that an import of any name links.
        contents: `throw new TypeError(${
          JSON.stringify(refusalText(`node:${path}`, true, true))
        });\nmodule.exports = {};`,
      }));
      build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
        loader: "js",
        contents: nodeCompat && (OFFERED.has(path) || isNodeHttp(path) || isStubbed(path))
          // The module's default export is what require() returns in Node; its namespace could not be called or extended.
          ? `import builtin from "node:${path}";\nmodule.exports = builtin;`
          : `throw Object.assign(new Error("Cannot require \\"node:${path}\\": apps have no access to it"), ` +
            `{ code: "ERR_ACCESS_DENIED" });`,
      }));
    },
  };
}
