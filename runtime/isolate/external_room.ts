/** Refuses what would not fit into the memory outside the heap that an app may hold, before it is made. */
import v8 from "node:v8";
import { collectGarbage } from "./collect_garbage.ts";

const NativeRangeError = RangeError;
const { round } = Math;
const heapStatistics = v8.getHeapStatistics;
/** Between two looks at V8's figures, which cost 2 us each; what is smaller is left to the warden's look. */
const LOOK_EVERY_BYTES = 1024 * 1024;

let limitBytes = Infinity;
let unseen = 0;

/** Sets what the app may hold outside its heap. */
export function limitExternalRoom(bytes: number): void {
  limitBytes = bytes;
}

/**
 * Asks for room before bytes are allocated.
 * @param what names what is made, for the message
 * @throws {RangeError} when it would not fit, though all garbage was collected
 */
export function requireRoom(bytes: number, what: string): void {
  unseen += bytes;
  if (unseen < LOOK_EVERY_BYTES) return;
  unseen = 0;
  if (bytes <= limitBytes) {
    if (heapStatistics().external_memory + bytes <= limitBytes) return;
    collectGarbage();
    if (heapStatistics().external_memory + bytes <= limitBytes) return;
  }
  const megabytes = (count: number) => `${round(count / 1024 / 102.4) / 10} MB`;
  throw new NativeRangeError(
    `Cannot make a ${what} of ${megabytes(bytes)}: the app may hold ${megabytes(limitBytes)} outside its heap ` +
      `(external_mb)`,
  );
}
