/**
 * How much a build may take of the machine. What esbuild makes may be far more than what it reads: it indents, so of
 * blocks in blocks it makes a text that grows with the square of their depth. 80 kB of braces took 20 GB of memory and
 * the kernel's killer, 40 kB a bundle of 800 MB.
 */
import { defaultCeilingBytes } from "../machine/machine_memory.ts";
import { MAX_BUNDLE } from "./bundle_budget.ts";
import { EsbuildEnded } from "./esbuild_ended.ts";

const MIB = 1024 * 1024;
/** 120 MiB of sources, which is about what an app may have, took 2.3 GiB until they were read. */
const MOST_BYTES = 4096 * MIB;
/** The builds of the largest apps known to us take a third of it; on a smaller machine the kernel decides. */
const LEAST_BYTES = 512 * MIB;

/** The most memory that esbuild's process may have: half of what all apps may have unless somebody says. */
export const MAX_BUILD_BYTES: number = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, defaultCeilingBytes() / 2));
/** The most that a build may give: the code and the source map, which repeats the sources. */
export const MAX_OUTPUT_BYTES: number = 2 * MAX_BUNDLE.bytes;
/** At a gigabyte a second, as esbuild grows at most on our machines, a tenth of one passes unseen. */
export const MEMORY_LOOK_MS = 100;

/** esbuild's process was ended for what a build took. */
export class EsbuildExcess extends EsbuildEnded {
  override readonly name: string = "EsbuildExcess";
  /** How many builds were under way, of which one is to blame; null until the first of them has heard of it. */
  suspects: number | null = null;
}

/** What to say of a process with this much memory; null while it may have it. */
export function memoryExcess(bytes: number | null): string | null {
  if (bytes === null || bytes <= MAX_BUILD_BYTES) return null;
  return `esbuild takes more than ${Math.floor(MAX_BUILD_BYTES / MIB)} MiB of memory for it`;
}

/** What to say of an answer of this length; null while it may be so long. */
export function outputExcess(bytes: number): string | null {
  return bytes <= MAX_OUTPUT_BYTES ? null : `its bundle and source map have more than ${MAX_OUTPUT_BYTES / MIB} MiB`;
}

/**
 * Reads the lengths of what esbuild's process says: each of its packets has its length before it, in four bytes.
 * @param tell called with the length of each, before it has come
 */
export function packetLengths(tell: (bytes: number) => void): (chunk: Uint8Array) => void {
  let left = 0;
  let head = 0;
  let headBytes = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.byteLength;) {
      if (left > 0) {
        const taken = Math.min(left, chunk.byteLength - at);
        left -= taken;
        at += taken;
        continue;
      }
      head += chunk[at++]! * 2 ** (8 * headBytes++);
      if (headBytes < 4) continue;
      left = head;
      head = headBytes = 0;
      tell(left);
    }
  };
}
