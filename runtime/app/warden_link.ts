/** The host's end of a warden: spawns and kills isolates, passes on their figures and ends. */
import { messageOf, NanoError } from "../errors.ts";
import { counterOf, HOST_KIB, type WardenCommand, type WardenReport } from "../protocol/messages.ts";

/** Isolates share this many in-flight counters; a collision only makes the warden look more often. */
const COUNTERS = 4096;
/** Between two notes of the host's own memory: buffers of streams that wait for the collector are nobody else's. */
const HOST_MEMORY_MS = 200;
/** A warden comes up in about 60 ms; this is the patience for a machine under full load. */
const WARDEN_START_MS = 30_000;

/** What a warden tells of one isolate. */
export interface IsolateListener {
  onSpawned(threadId: number): void;
  onFigures(heapBytes: number, externalBytes: number, cpuMicros: number): void;
  onExit(exit: Extract<WardenReport, { type: "exit" }>): void;
}

/** A warden worker and the isolates under it. */
export class WardenLink implements Disposable {
  readonly #worker: Worker;
  readonly #counters = new Int32Array(new SharedArrayBuffer(COUNTERS * Int32Array.BYTES_PER_ELEMENT));
  readonly #listeners = new Map<number, IsolateListener>();
  readonly #noting: ReturnType<typeof setInterval>;
  #next = 1;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#noting = setInterval(() => {
      const { heapTotal, external } = Deno.memoryUsage();
      this.#counters[HOST_KIB] = (heapTotal + external) / 1024;
    }, HOST_MEMORY_MS);
    Deno.unrefTimer(this.#noting as unknown as number);
  }

  /**
   * Starts a warden without any permission.
   *
   * @param bootSource text of the isolates' bootstrap module
   * @param onDeath told when the warden itself fails, which ends all its isolates
   * @throws {NanoError} INTERNAL when it does not come up
   */
  static async start(bootSource: string, onDeath: (error: NanoError) => void): Promise<WardenLink> {
    const worker = new Worker(new URL("../isolate/warden.ts", import.meta.url), {
      type: "module",
      name: "nano-warden",
      deno: { permissions: "none" },
    });
    const link = new WardenLink(worker);
    const up = Promise.withResolvers<void>();
    const late = setTimeout(
      () => up.reject(new NanoError("INTERNAL", `Cannot start the warden: silent for ${WARDEN_START_MS} ms`)),
      WARDEN_START_MS,
    );
    worker.onerror = (event) => {
      event.preventDefault();
      const error = new NanoError("INTERNAL", `Cannot go on without the warden: ${event.message}`);
      up.reject(error);
      onDeath(error);
    };
    worker.onmessage = (event: MessageEvent<WardenReport>) => {
      if (event.data.type === "up") up.resolve();
      else link.#receive(event.data);
    };
    link.#send({
      type: "boot_source",
      source: bootSource,
      inFlight: link.#counters.buffer as SharedArrayBuffer,
    });
    try {
      await up.promise;
    } catch (error) {
      worker.terminate();
      throw new NanoError("INTERNAL", messageOf(error), { cause: error });
    } finally {
      clearTimeout(late);
    }
    return link;
  }

  /** Spawns an empty isolate; its port speaks the wire protocol. @returns its number */
  spawn(memoryMb: number, port: MessagePort, listener: IsolateListener): number {
    const isolate = this.#next++;
    this.#listeners.set(isolate, listener);
    this.#send({ type: "spawn", isolate, memoryMb, port }, [port]);
    return isolate;
  }

  /** Sets what an isolate may use from now on. */
  limit(isolate: number, cpuMs: number, externalBytes: number): void {
    this.#send({ type: "limits", isolate, cpuMs, externalBytes });
  }

  /** Ends an isolate. */
  kill(isolate: number): void {
    this.#send({ type: "kill", isolate });
  }

  /** Lets the warden look closer at isolates that have work. */
  countInFlight(isolate: number, count: number): void {
    this.#counters[counterOf(isolate, COUNTERS)] = count;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#noting);
    this.#listeners.clear();
    this.#worker.terminate();
  }

  #send(command: WardenCommand, transfer: Transferable[] = []): void {
    this.#worker.postMessage(command, transfer);
  }

  #receive(report: Exclude<WardenReport, { type: "up" }>): void {
    switch (report.type) {
      case "spawned":
        this.#listeners.get(report.isolate)?.onSpawned(report.threadId);
        break;
      case "figures":
        for (const [isolate, heap, external, cpu] of report.figures) {
          this.#listeners.get(isolate)?.onFigures(heap, external, cpu);
        }
        break;
      case "exit": {
        const listener = this.#listeners.get(report.isolate);
        this.#listeners.delete(report.isolate);
        listener?.onExit(report);
        break;
      }
    }
  }
}
