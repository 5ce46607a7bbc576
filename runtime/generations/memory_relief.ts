/** Parks apps before memory is short: of those that may be parked the ones that nobody has asked for longest. */
import type { Clock } from "../clock.ts";
import type { SharedMemory } from "../pool/memory_ceiling.ts";
import { mebibytes } from "../pool/verdict.ts";
import type { AppUnit } from "./reload.ts";

/** What it works with. */
export interface MemoryReliefTools {
  readonly clock: Clock;
  /** Null until there are isolates. */
  readonly memory: () => SharedMemory | null;
  readonly units: () => Iterable<AppUnit>;
}

/** A burst of wakes takes some 300 MB a second. */
const LOOK_MS = 250;
/** From this share of what all may hold apps are parked, until this much of it is held: room for those that wake. */
const FULL_SHARE = 0.85;
const WANTED_SHARE = 0.75;
/** Who was asked for in the last moments is likely to be asked for again. */
const MIN_IDLE_MS = 2_000;
/** What an idle isolate takes beside what it reports (`deno task bench idle`). */
const ISOLATE_BYTES = 8 * 1024 * 1024;
/** Until then what a parked app held is back. */
const SETTLE_MS = 1_500;

/** Looks all the time, once it has begun. */
export class MemoryRelief implements Disposable {
  readonly #tools: MemoryReliefTools;
  #cancel: (() => void) | null = null;
  /** What is on its way back. */
  #expected: { readonly bytes: number; readonly until: number }[] = [];

  constructor(tools: MemoryReliefTools) {
    this.#tools = tools;
  }

  /** Looks from now on. */
  begin(): void {
    this.#cancel = this.#tools.clock.after(LOOK_MS, () => {
      this.#look();
      this.begin();
    });
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #look(): void {
    const { clock, memory, units } = this.#tools;
    const shared = memory();
    if (shared === null) return;
    const { heldBytes, ceilingBytes } = shared;
    const now = clock.now();
    this.#expected = this.#expected.filter(({ until }) => until > now);
    const present = heldBytes - this.#expected.reduce((total, { bytes }) => total + bytes, 0);
    if (!(present > FULL_SHARE * ceilingBytes)) return;
    const parkable = [...units()].flatMap((unit) => {
      const own = unit.parkable ?? null;
      return own === null || now - own.lastActive < MIN_IDLE_MS ? [] : [{ unit, own }];
    }).sort((a, b) => a.own.lastActive - b.own.lastActive);
    const why = `all apps together held ${mebibytes(heldBytes)} of max_memory_mb ${mebibytes(ceilingBytes)}, ` +
      "and this one was not asked for longest";
    let excess = present - WANTED_SHARE * ceilingBytes;
    for (const { unit, own } of parkable) {
      if (excess <= 0) return;
      const { heapBytes, externalBytes } = unit.snapshot();
      const bytes = ISOLATE_BYTES + heapBytes + externalBytes;
      own.park(why);
      this.#expected.push({ bytes, until: now + SETTLE_MS });
      excess -= bytes;
    }
  }
}
