/** Leaves `node:` modules to the isolate, which decides at run time what an app may have. */

import type { Plugin } from "esbuild";
import { isBuiltin } from "node:module";
import { refusalText } from "../protocol/node_builtins.ts";
import { moduleUrl, OFFERED } from "./node_stubs.ts";

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
      build.onResolve({ filter: /^(node:|[a-z0-9_]+(\/[a-z0-9_]+)?$)/ }, (args) => {
        if (!isBuiltin(args.path) && !(args.path.startsWith("_") && OFFERED.has(args.path))) {
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
        if (OFFERED.has(name)) return { path: moduleUrl(name) ?? `node:${name}`, external: true };
        // The isolate refuses it too, but a static import may slip past its hook: node_stubs.ts.
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
        contents: nodeCompat && OFFERED.has(path)
          // The module's default export is what require() returns in Node; its namespace could not be called or extended.
          ? `import builtin from "node:${path}";\nmodule.exports = builtin;`
          : `throw Object.assign(new Error("Cannot require \\"node:${path}\\": apps have no access to it"), ` +
            `{ code: "ERR_ACCESS_DENIED" });`,
      }));
    },
  };
}
