/** A garbage collection on demand, for the moment before something is refused for want of memory. */
import v8 from "node:v8";
import vm from "node:vm";

const setFlags = v8.setFlagsFromString;
const runInNewContext = vm.runInNewContext;
let collect: (() => void) | null = null;

/**
 * Collects all garbage of this isolate; takes tens of milliseconds.
 *
 * V8 has the function only in a context that is made under the flag, so the first call makes one.
 */
export function collectGarbage(): void {
  if (collect === null) {
    setFlags("--expose-gc");
    try {
      collect = runInNewContext("gc") as () => void;
    } finally {
      setFlags("--no-expose-gc");
    }
  }
  collect();
}
