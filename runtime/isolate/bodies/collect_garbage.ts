/** A garbage collection on demand, for the moment before something is refused for want of memory. */
import v8 from "node:v8";
import vm from "node:vm";

type Collect = () => void;

/** There under `--expose-gc`, until the doors are closed. */
const exposed = Reflect.get(globalThis, "gc") as Collect | undefined;
const setFlags = v8.setFlagsFromString;
const runInNewContext = vm.runInNewContext;
let collect = exposed ?? null;

/** Collects all garbage of this isolate; takes tens of milliseconds. */
export function collectGarbage(): void {
  collect ??= fromNewContext();
  collect();
}

/** V8 has the function only in a context that is made under the flag. */
function fromNewContext(): Collect {
  setFlags("--expose-gc");
  try {
    return runInNewContext("gc") as Collect;
  } finally {
    setFlags("--no-expose-gc");
  }
}
