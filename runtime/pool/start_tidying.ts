/** Collects once what the start of an app left behind. */
import { COLLECT, type Collect } from "../protocol/messages.ts";
import type { Vitals } from "./verdict.ts";

/**
 * After the start of an app, what that left behind is collected once. Measured: V8 never comes to it in an app that
 * idles, and an idle app takes 9.9 MB instead of 13.9 for 10 to 15 ms of CPU (tests/bench/idle_apps.ts); a collection
 * that is no last resort gains a quarter of that, one more after the boot of a spare another 0.3 MB for 70 ms.
 */
const STARTED_MS = 1500;
/** Whose heap is larger stands still for longer than a request may wait: 100 ms at 64 MB. */
const MAX_TIDIED_BYTES = 32 * 1024 * 1024;

/** Of one isolate, wherever it runs. */
export class StartTidying {
  /** When its app came; null before, and once what the start left behind was collected. */
  #appCameAt: number | null = null;

  /** It is about to get its app. */
  appComes(nowMs: number): void {
    this.#appCameAt = nowMs;
  }

  /** What a beat asks for beside the figures. @param isQuiet whether it neither has requests nor computes */
  due(nowMs: number, isQuiet: boolean, { canCollect, heapBytes }: Pick<Vitals, "canCollect" | "heapBytes">): Collect {
    if (this.#appCameAt === null || nowMs - this.#appCameAt < STARTED_MS) return COLLECT.NOTHING;
    if (!canCollect || !isQuiet || heapBytes > MAX_TIDIED_BYTES) return COLLECT.NOTHING;
    this.#appCameAt = null;
    return COLLECT.LAST_RESORT;
  }
}
