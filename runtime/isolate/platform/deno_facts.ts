/** What libraries read and ask of Deno while they are loaded: where they run, and what they may; the rest they do not miss. */
import { NativePromise } from "../../protocol/primordials.ts";

const { build, version } = Deno;
const NativeEventTarget = EventTarget;

/**
 * What all of may be had without asking: of files there are an app's own only, of addresses what `outbound` leaves, and
 * so whoever asks for all of them hears no. Variables are the app's.
 */
const GRANTED = "env";

class AppPermissionStatus extends NativeEventTarget {
  readonly onchange = null;
  readonly partial = false;

  constructor(readonly state: Deno.PermissionState) {
    super();
  }
}

/** Nobody is asked, so that both questions are one. */
function querySync({ name }: { name: string }): AppPermissionStatus {
  return new AppPermissionStatus(name === GRANTED ? "granted" : "denied");
}

async function query(descriptor: { name: string }): Promise<AppPermissionStatus> {
  return await NativePromise.resolve(querySync(descriptor));
}

const permissions = { query, querySync, request: query, requestSync: querySync };

/** @param memoryUsage as the app's process has it @boot */
export function denoFacts(memoryUsage: () => object): object {
  return {
    ...{ args: [], build: { ...build }, version: { ...version }, noColor: true, pid: 1, permissions, memoryUsage },
    // Timers hold no isolate.
    ...{ refTimer() {}, unrefTimer() {} },
  };
}
