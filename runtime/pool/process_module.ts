/** The first module of an isolate's process: connects, gives every permission up, and runs the bootstrap. */

/** What the bootstrap is called in the isolate: in stacks, which apps never see of NANO's own code, and in nothing else. */
const BOOTSTRAP = "nano:boot";

/**
 * All that it needs comes by its standard input, where no list of processes shows it. Permissions that stand open here
 * are those to its own socket, and all of them in a compiled NANO: none is left when the bootstrap begins.
 */
const LOADER = `
import { registerHooks } from "node:module";
const { stdin, permissions } = Deno;
// Whoever stops NANO with all its processes lets it drain them first: it alone ends them, and the kernel with it.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) Deno.addSignalListener(signal, () => {});
function take(length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const size = stdin.readSync(bytes.subarray(at));
    if (size === null) Deno.exit(1);
    at += size;
  }
  return bytes;
}
const takeText = () => new TextDecoder().decode(take(new DataView(take(4).buffer).getUint32(0, true)));
const { path, heapBytes, full } = JSON.parse(takeText());
let source = takeText();
const connection = await Deno.connect({ transport: "unix", path });
if (full === null) {
  for (const name of ["read", "write", "net", "run", "env", "sys", "ffi", "import"]) permissions.revokeSync({ name });
} else Deno.chdir(full.folder);
const named = Promise.withResolvers();
globalThis[Symbol.for("nano.process")] = {
  connection,
  heapBytes,
  full: full === null ? null : { network: full.network, runMain: named.resolve },
};
const isBoot = (name) => name === "${BOOTSTRAP}";
const hooks = registerHooks({
  resolve: (name, context, next) => isBoot(name) ? { url: name, format: "module", shortCircuit: true } : next(name, context),
  load(url, context, next) {
    if (!isBoot(url)) return next(url, context);
    const text = source;
    source = "";
    return { source: text, format: "module", shortCircuit: true };
  },
});
await import("${BOOTSTRAP}");
hooks.deregister();
// What comes before the first module of an app that runs as Deno runs it: that waits until the app is named.
if (full !== null) await named.promise;
`;

/** What a process is started with. */
export const PROCESS_MODULE: URL = new URL(`data:text/javascript,${encodeURIComponent(LOADER)}`);
