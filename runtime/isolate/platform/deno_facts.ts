/** What libraries read and ask of Deno while they are loaded: where they run, and what they may; the rest they do not miss. */
import { NativePromise } from "../../protocol/primordials.ts";

const { build, version } = Deno;
const NativeEventTarget = EventTarget;

/** What an app may without asking; of all else it hears that it may not, before it finds the function absent. */
const GRANTED: Readonly<Record<string, boolean>> = { env: true, net: true, read: true, write: true };

class AppPermissionStatus extends NativeEventTarget {
  readonly onchange = null;
  readonly partial = false;

  constructor(readonly state: Deno.PermissionState) {
    super();
  }
}

/** Nobody is asked, so that all three questions are one. */
function querySync({ name }: { name: string }): AppPermissionStatus {
  return new AppPermissionStatus(GRANTED[name] === true ? "granted" : "denied");
}

async function query(descriptor: { name: string }): Promise<AppPermissionStatus> {
  return await NativePromise.resolve(querySync(descriptor));
}

const permissions = {
  ...{ query, request: query, revoke: query },
  ...{ querySync, requestSync: querySync, revokeSync: querySync },
};

/** @param memoryUsage as the app's process has it @boot */
export function denoFacts(memoryUsage: () => object): object {
  return {
    ...{ args: [], build: { ...build }, version: { ...version }, noColor: true, pid: 1, permissions, memoryUsage },
    // Timers hold no isolate.
    ...{ refTimer() {}, unrefTimer() {} },
  };
}
