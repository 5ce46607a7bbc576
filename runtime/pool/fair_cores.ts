/** Keeps busy isolates from holding up the others: whoever computes beyond its part has its thread's priority lowered. */
import { CpuDebt } from "./cpu_debt.ts";
import { findThreads, mayRestorePriority, setSteppedBack } from "../machine/thread_priority.ts";

/** Between two looks; the warden reports CPU clocks once a second. */
const LOOK_MS = 1_000;

/** What is looked at of an isolate. */
export interface ComputingIsolate {
  /** 0 until it is known. */
  readonly threadId: number;
  /** Of the process of its own whose first thread it is; 0 when it has none. */
  readonly processId: number;
  readonly cpuMicros: number;
  readonly ended: Promise<unknown>;
}

/** Watches the CPU clocks of isolates. Linux only, and only with the right to raise a priority again. */
export class FairCores implements AsyncDisposable {
  readonly #isolates = new Set<ComputingIsolate>();
  readonly #debt = new CpuDebt<ComputingIsolate>(navigator.hardwareConcurrency);
  readonly #timer: ReturnType<typeof setInterval> | null;
  #lookedAt = performance.now();
  /** The look under way. */
  #looking: Promise<void> | null = null;

  constructor() {
    this.#timer = mayRestorePriority() ? setInterval(() => this.#lookOnce(), LOOK_MS) : null;
    if (this.#timer !== null) Deno.unrefTimer(this.#timer as unknown as number);
  }

  /** Watches an isolate until it ends. */
  watch(isolate: ComputingIsolate): void {
    if (this.#timer === null) return;
    this.#isolates.add(isolate);
    isolate.ended.then(() => this.#isolates.delete(isolate));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#isolates.clear();
    await this.#looking;
  }

  #lookOnce(): void {
    this.#looking ??= this.#look().finally(() => this.#looking = null);
  }

  async #look(): Promise<void> {
    try {
      const present = performance.now();
      const clocks = new Map<ComputingIsolate, number>();
      for (const isolate of this.#isolates) {
        if (isolate.threadId + isolate.processId !== 0) clocks.set(isolate, isolate.cpuMicros);
      }
      const { back, forward } = this.#debt.look(clocks, present - this.#lookedAt);
      this.#lookedAt = present;
      if (back.length + forward.length === 0) return;
      const own = [...back, ...forward].filter(({ threadId }) => threadId !== 0);
      const threads = own.length === 0 ? new Map<string, number>() : await findThreads(new Set(own.map(threadName)));
      for (const [isolates, steppedBack] of [[back, true], [forward, false]] as const) {
        for (const isolate of isolates) {
          const tid = isolate.processId === 0 ? threads.get(threadName(isolate)) : isolate.processId;
          if (tid !== undefined && this.#isolates.has(isolate)) setSteppedBack(tid, steppedBack);
        }
      }
    } catch {
      // No descriptor to be had just now, say: the next look is a second away.
    }
  }
}

/** As Deno names the threads of node:worker_threads. */
function threadName({ threadId }: ComputingIsolate): string {
  return `worker-${threadId}`;
}
