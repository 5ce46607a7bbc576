/**
 * NANO's own code for isolates, bundled once for a whole run of tests: each NANO on a state folder of its own would do it
 * again, which costs as much CPU as the rest of its start (`deno task test`: 0.4 s of 1.5 s, and 0.3 s more with `node:`).
 */
import { bundleIsolate, PROCESS_BOOTSTRAP } from "../../runtime/bundle/isolate_bundle.ts";
import { nanoBundleCache } from "../../runtime/bundle/nano_bundle_cache.ts";
import { nodeModulesOf } from "../../runtime/bundle/node_library.ts";

// `deno run tests/support/make_bundles.ts FOLDER`: a process of its own, so that the run itself stays small
if (import.meta.main) {
  const cache = nanoBundleCache(Deno.args[0]!);
  await bundleIsolate(cache);
  await bundleIsolate(cache, PROCESS_BOOTSTRAP);
  await nodeModulesOf('import "node:fs";', { cache });
  // The bundler's process lives on
  Deno.exit();
}
