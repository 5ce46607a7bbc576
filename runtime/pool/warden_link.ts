/** The host's end of a warden: spawns and kills isolates, passes on their figures and ends. */
import { inTime, LATE } from "../deadline.ts";
import { NanoError } from "../errors.ts";
import {
  counterOf,
  HOST_KIB,
  type IsolateFigures,
  type ThreadFigures,
  type WardenCommand,
  type WardenReport,
} from "../protocol/messages.ts";
import { type HeldSide, heldSide } from "./memory_ceiling.ts";
import { ThreadStates } from "../machine/thread_states.ts";

/** Isolates share this many in-flight counters; a collision only makes the warden look more often. */
const COUNTERS = 4096;
/** Between two notes of the host's own memory: buffers of streams that wait for the collector are nobody else's. */
const HOST_MEMORY_MS = 200;
/** A warden comes up in about 60 ms; this is the patience for a machine under full load. */
const WARDEN_START_MS = 30_000;
/** How long it may take to end its isolates before it is ended with them: several boots on a busy machine. */
const WARDEN_CLOSE_MS = 40_000;

/** What a warden tells of one isolate. */
export interface IsolateListener {
  onSpawned(threadId: number): void;
  /** @param report the report they stand in, and the last one that had been taken when that was made */
  onFigures(figures: IsolateFigures, report: { readonly number: number; readonly taken: number }): void;
  onExit(exit: Extract<WardenReport, { type: "exit" }>): void;
}

/** A warden worker and the isolates under it. */
export class WardenLink implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #counters = new Int32Array(new SharedArrayBuffer(COUNTERS * Int32Array.BYTES_PER_ELEMENT));
  readonly #listeners = new Map<number, IsolateListener>();
  /** What each holds, by the last report, and may hold. */
  readonly #held = new Map<number, { heldBytes: number; allowedBytes: number }>();
  #ceilingBytes = Infinity;
  readonly #threadIds = new Map<number, number>();
  readonly #threads = new ThreadStates();
  readonly #warn: (text: string) => void;
  /** Memory that no isolate reports. */
  unexplainedBytes = 0;
  readonly #noting: ReturnType<typeof setInterval>;
  readonly #up = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  /** Under way: what was asked before the end is looked up to its end. */
  readonly #looks = new Set<Promise<void>>();
  #next = 1;

  private constructor(worker: Worker, warn: (text: string) => void) {
    this.#worker = worker;
    this.#warn = warn;
    this.#noting = setInterval(() => {
      const { heapTotal, external } = Deno.memoryUsage();
      this.#counters[HOST_KIB] = (heapTotal + external) / 1024;
    }, HOST_MEMORY_MS);
    Deno.unrefTimer(this.#noting as unknown as number);
  }

  /**
   * Starts a warden without any permission; what is asked of it before it is up comes in turn.
   *
   * @param bootSource text of the isolates' bootstrap module
   * @param tell `onDeath` hears when the warden itself fails, which ends all its isolates
   */
  static open(
    bootSource: string,
    tell: { readonly onDeath: (error: NanoError) => void; readonly warn: (text: string) => void },
  ): WardenLink {
    const worker = new Worker(new URL("./warden.ts", import.meta.url), {
      type: "module",
      name: "nano-warden",
      deno: { permissions: "none" },
    });
    const link = new WardenLink(worker, tell.warn);
    worker.onerror = (event) => {
      event.preventDefault();
      const error = new NanoError("INTERNAL", `Cannot go on without the warden: ${event.message}`);
      link.#up.reject(error);
      tell.onDeath(error);
    };
    worker.onmessage = (event: MessageEvent<WardenReport>) => link.#receive(event.data);
    link.#send({
      type: "boot_source",
      source: bootSource,
      inFlight: link.#counters.buffer as SharedArrayBuffer,
    });
    return link;
  }

  /** Settles once the warden is up. @throws {NanoError} INTERNAL when it does not come up */
  async up(): Promise<void> {
    if (await inTime(this.#up.promise, WARDEN_START_MS) !== LATE) return;
    throw new NanoError("INTERNAL", `Cannot start the warden: silent for ${WARDEN_START_MS} ms`);
  }

  /** Spawns an empty isolate; its port speaks the wire protocol. @returns its number */
  spawn(memoryMb: number, port: MessagePort, listener: IsolateListener): number {
    const isolate = this.#next++;
    this.#listeners.set(isolate, listener);
    this.#held.set(isolate, { heldBytes: 0, allowedBytes: memoryMb * 1024 * 1024 });
    this.#send({ type: "spawn", isolate, memoryMb, port }, [port]);
    return isolate;
  }

  /** Sets what an isolate may use from now on. */
  limit(isolate: number, cpuMs: number, externalBytes: number): void {
    const held = this.#held.get(isolate);
    if (held !== undefined) held.allowedBytes += externalBytes;
    const touchedBytes = this.#threads.touchedBytes(this.#threadIds.get(isolate) ?? 0);
    this.#send({ type: "limits", isolate, cpuMs, externalBytes, touchedBytes });
  }

  /** Sets how much all apps together may hold. */
  setCeiling(bytes: number): void {
    this.#ceilingBytes = bytes;
    this.#send({ type: "ceiling", bytes });
  }

  /** Tells what isolates hold and may hold that are processes of their own. */
  setElsewhere(side: HeldSide): void {
    this.#send({ type: "elsewhere", side });
  }

  /** The process without the host's heap and buffers, as the warden has it. */
  get heldBytes(): number {
    return Deno.memoryUsage().rss - this.#counters[HOST_KIB]! * 1024;
  }

  /** What its own hold and may hold. */
  side(elsewhere: HeldSide): HeldSide {
    const isolates = [...this.#held].map(([number, one]) => ({ number, ...one }));
    return heldSide(this.heldBytes, this.#ceilingBytes, isolates, elsewhere);
  }

  /** Ends an isolate. */
  kill(isolate: number): void {
    this.#send({ type: "kill", isolate });
  }

  /** Lets the warden look closer at isolates that have work. */
  countInFlight(isolate: number, count: number): void {
    this.#counters[counterOf(isolate, COUNTERS)] = count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#noting);
    this.#listeners.clear();
    this.#send({ type: "close" });
    await inTime(this.#closed.promise, WARDEN_CLOSE_MS);
    this.#worker.terminate();
    await Promise.all(this.#looks);
  }

  #send(command: WardenCommand, transfer: Transferable[] = []): void {
    this.#worker.postMessage(command, transfer);
  }

  #receive(report: WardenReport): void {
    switch (report.type) {
      case "up":
        this.#up.resolve();
        break;
      case "spawned":
        this.#threadIds.set(report.isolate, report.threadId);
        // So that its thread is known when it gets its app.
        this.#look(async () => void await this.#threads.read([report.threadId]).catch(() => {}));
        this.#listeners.get(report.isolate)?.onSpawned(report.threadId);
        break;
      case "figures":
        for (const figures of report.figures) {
          const [isolate, heap, external] = figures;
          const held = this.#held.get(isolate);
          if (held !== undefined) held.heldBytes = heap + external;
          this.#listeners.get(isolate)?.onFigures(figures, report);
        }
        this.#send({ type: "figures_taken", number: report.number });
        this.unexplainedBytes = report.unexplainedBytes;
        break;
      case "ask_threads":
        this.#look(() => this.#tellThreads(report.question, report.isolates));
        break;
      case "warning":
        this.#warn(report.text);
        break;
      case "closed":
        this.#closed.resolve();
        break;
      case "exit": {
        const listener = this.#listeners.get(report.isolate);
        this.#listeners.delete(report.isolate);
        this.#held.delete(report.isolate);
        this.#threads.forget(this.#threadIds.get(report.isolate) ?? 0);
        this.#threadIds.delete(report.isolate);
        listener?.onExit(report);
        break;
      }
    }
  }

  #look(at: () => Promise<void>): void {
    const look = at();
    this.#looks.add(look);
    void look.then(() => this.#looks.delete(look));
  }

  /** Answers even when it cannot look: a question that waits would hold up a verdict. */
  async #tellThreads(question: number, isolates: readonly number[]): Promise<void> {
    const threadIds = isolates.map((isolate) => this.#threadIds.get(isolate) ?? 0);
    const threads: ThreadFigures[] = [];
    try {
      const states = await this.#threads.read(threadIds);
      isolates.forEach((isolate, index) => {
        const state = states.get(threadIds[index]!);
        if (state !== undefined) threads.push({ isolate, ...state });
      });
    } catch {
      // No descriptor to be had just now, say.
    }
    this.#send({ type: "threads", question, threads });
  }
}
