/** Refuses what would not fit into the memory outside the heap that an app may hold, before it is made. */
import v8 from "node:v8";
import { collectGarbage } from "./collect_garbage.ts";

const NativeRangeError = RangeError;
const { round, max } = Math;
const heapStatistics = v8.getHeapStatistics;
/** Looks at V8's figures, of 2 us each, while as much as the app may hold is allocated. */
const LOOKS = 64;
/**
 * Share of the allowance from which garbage is collected: V8 lets up to 64 MB of dead buffers pile up (measured: 100 MB
 * of 1 MB buffers), and the warden judges what lies there, dead or not.
 */
const COLLECT_FROM = 3 / 4;
/** Before something is refused. */
const MAX_COLLECTIONS = 3;
/** What is never given away: bytes that arrive unasked or between two looks would be an excess to the warden. */
const SPARE_BYTES = 2 * 1024 * 1024;

let limitBytes = Infinity;
let roomBytes = Infinity;
let lookEveryBytes = Infinity;
let unseen = 0;
/** No collection below this: half of what the last one left free has to be used up first. */
let collectFrom = 0;

/** Sets what the app may hold outside its heap. */
export function limitExternalRoom(bytes: number): void {
  limitBytes = bytes;
  roomBytes = max(bytes - SPARE_BYTES, bytes / 2);
  lookEveryBytes = bytes / LOOKS;
}

/**
 * Asks for room before bytes are allocated, or for a little more while they arrive.
 * @param what names what is made, for the message
 * @param arrivingBytes that may come meanwhile without anybody's asking for room
 * @throws {RangeError} when it would not fit, though all garbage was collected
 */
export function requireRoom(bytes: number, what: string, arrivingBytes = 0): void {
  unseen += bytes;
  if (unseen < lookEveryBytes) return;
  unseen = 0;
  const wanted = bytes + arrivingBytes;
  const held = heapStatistics().external_memory;
  if (held + wanted <= max(limitBytes * COLLECT_FROM, collectFrom) && held + wanted <= roomBytes) return;
  // What is larger than all of it needs no collection.
  const left = wanted > roomBytes ? held : collect(wanted);
  if (left + wanted > roomBytes) throw tooMuch(bytes, what);
}

/** Buffers are swept beside the program: the next collection waits for what the one before has found. */
function collect(bytes: number): number {
  let left = Infinity;
  for (let turn = 0; turn < MAX_COLLECTIONS && left + bytes > roomBytes; turn++) {
    collectGarbage();
    left = heapStatistics().external_memory;
  }
  collectFrom = left + (roomBytes - left) / 2;
  return left;
}

function tooMuch(bytes: number, what: string): RangeError {
  const mebibytes = (count: number) => `${round(count / 1024 / 102.4) / 10} MiB`;
  const allowed = `${mebibytes(limitBytes)} outside its heap (external_mb)`;
  return new NativeRangeError(
    `Cannot make ${what}: it takes ${mebibytes(bytes)} more, and the app may hold ${allowed}`,
  );
}
