/** A cell that is a process of its own. */
import type { Clock } from "../clock.ts";
import { TMP_MB } from "../config/process_walls.ts";
import { inTime, LATE } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import { FramePipe } from "../protocol/frame_pipe.ts";
import { FrameTooLong } from "../protocol/frame_reader.ts";
import { MAX_FRAME_BYTES } from "../protocol/frames.ts";
import type { Collect } from "../protocol/messages.ts";
import { OP } from "../protocol/operations.ts";
import { WORD } from "../protocol/process_cell.ts";
import { WireViolation } from "../protocol/wire.ts";
import type { HostCallsEnd } from "../wall/host_calls_bridge.ts";
import type { Cell, CellExit, CellListener } from "./cell.ts";
import { FullFiles, type FullFilesTools } from "./full_files.ts";
import type { FullPlace } from "./full_place.ts";
import { endOfProcess, failureOfApp, LastWords } from "./process_end.ts";
import { readLines } from "./process_lines.ts";
import { PipedHostCalls } from "./piped_host_calls.ts";
import { type ProcessChild, startProcess } from "./process_child.ts";
import { mebibytes } from "./verdict.ts";
import { WatchedProcess } from "./watched_process.ts";

/** Of what an isolate has not taken from its socket; its own reads are bounded by credit, so that this is one that does not read. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;

/** Of an app that says much while it starts. */
const MAX_EARLY_LINES = 1_000;

/**
 * What the kernel counts to a group beyond what the host counts as the app's own: an empty isolate, Deno's pages in
 * files, and `/tmp` of an app that Deno itself runs.
 */
const GROUP_SLACK_BYTES = (128 + TMP_MB) * 1024 * 1024;

/** Between the end of a connection and that of its process, which says why; the kernel needs milliseconds. */
const LAST_WORDS_MS = 2_000;
const CUT_OFF = "its connection ended";

/** What a cell works with. */
export interface ProcessCellTools {
  readonly clock: Clock;
  /** Text of the bootstrap. */
  readonly source: () => Promise<string>;
  /** Of an app that runs as Deno itself runs it, and says its lines by its output. */
  readonly full?: FullPlace | null;
  /** Looks at it while it lives. */
  readonly watch: (process: WatchedProcess) => void;
  readonly start?: typeof startProcess;
  readonly files?: Pick<FullFilesTools, "measure" | "bound">;
}

/** One process and what is said to it. */
export class ProcessCell implements Cell {
  /** Settles when the process is gone, or none came about. */
  readonly gone: Promise<void>;
  readonly #tools: ProcessCellTools;
  readonly #memoryMb: number;
  readonly #listener: CellListener;
  #child: ProcessChild | null = null;
  #pipe: FramePipe | null = null;
  #calls: PipedHostCalls | null = null;
  #watched: WatchedProcess | null = null;
  #files: FullFiles | null = null;
  /** Why it ends, once the host knows. */
  #verdict: Omit<CellExit, "cpuMicros"> | null = null;
  #isOver = false;
  #isTold = false;
  /** What it wrote to its standard error before it was an app: its end says the same where it never is one. */
  #early: string[] | null = [];
  #waitForEnd: (() => void) | null = null;

  constructor(memoryMb: number, listener: CellListener, tools: ProcessCellTools) {
    this.#memoryMb = memoryMb;
    this.#listener = listener;
    this.#tools = tools;
    this.gone = this.#run();
  }

  post(message: unknown, _transfer: Transferable[] | null): void {
    if (Array.isArray(message)) this.#pipe?.sendBatch(message);
    else this.#pipe?.send([WORD.LOAD, JSON.stringify(message)]);
  }

  limit({ cpuMs, externalBytes }: { readonly cpuMs: number; readonly externalBytes: number }): void {
    if (this.#watched === null) return;
    this.#watched.limit(cpuMs, externalBytes);
    this.#child?.group?.boundMemory(this.#watched.mostBytes + GROUP_SLACK_BYTES);
  }

  hold(isBusy: boolean): void {
    if (this.#watched !== null) this.#watched.isBusy = isBusy;
  }

  hostCalls(_message: unknown): HostCallsEnd {
    return this.#calls!;
  }

  kill(): void {
    this.#end({ reason: "terminated", detail: "the host asked" });
  }

  close(): void {
    this.#isTold = true;
    this.#end({ reason: "terminated", detail: "the host asked" });
  }

  /** Told once, and the process is ended whatever it does just now. */
  #end(verdict: Omit<CellExit, "cpuMicros">): void {
    this.#verdict ??= verdict;

    if (this.#isOver) return;
    this.#isOver = true;
    this.#waitForEnd?.();
    this.#pipe?.close();
    this.#calls?.[Symbol.dispose]();
    this.#files?.close();
    if (this.#watched !== null) this.#watched.isOver = true;
    try {
      this.#child?.kill();
    } catch {
      // It has ended already.
    }
    this.#tellEnd();
  }

  #tellEnd(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#listener.onExit({ ...this.#verdict!, cpuMicros: this.#watched?.vitals.cpuMicros ?? 0 });
  }

  async #run(): Promise<void> {
    const { full = null } = this.#tools;
    let started: ProcessChild;
    try {
      started = await (this.#tools.start ?? startProcess)(this.#memoryMb, await this.#tools.source(), full);
    } catch (error) {
      return this.#end({ reason: "terminated", detail: `its process does not start: ${messageOf(error)}` });
    }
    const { child } = this.#child = started;
    // Before it is an app it has nobody to tell its lines to; its last words are kept all the same.
    const tell = (level: string, text: string) => {
      if (!this.#isOver) this.#listener.onMessage([OP.LOG, level, text]);
    };
    const tellError = (line: string) => {
      if (this.#early === null) tell("error", line);
      else if (this.#early.length < MAX_EARLY_LINES) this.#early.push(line);
    };
    const words = new LastWords(child.stderr, full === null ? null : tellError);
    if (full !== null) {
      void readLines(child.stdout, (line) => tell("info", line));
      this.#files = new FullFiles(full, {
        pid: started.connected.then(({ pid }) => pid),
        tmp: started.tmp,
        now: () => this.#tools.clock.now(),
        onKept: (kept) => this.#listener.onKept(kept),
        say: tellError,
        end: (verdict) => this.#end(verdict),
        ...this.#tools.files,
      });
    }
    const gone = child.status.then(async (status) => {
      const text = await words.text;
      const ended = endOfProcess(status, text);
      const failure = full === null ? null : failureOfApp(status, text);
      if (failure === null) return this.#end(ended);
      // Before it has booted no code of the app was there.
      if (this.#pipe === null) return this.#end({ ...ended, detail: `${ended.detail}: ${failure.message}` });
      const end = () => this.#end({ reason: "uncaught_error", detail: failure.message });
      if (this.#early === null || this.#isOver) return end();
      // Whoever wanted it to be an app ends it then, with a reason that says more.
      this.#listener.onMessage({ type: "load_failed", ...failure });
      this.#waitForEnd = this.#tools.clock.after(LAST_WORDS_MS, end);
    });
    // Asked to end before there was anything to be ended.
    if (this.#isOver) started.kill();
    this.#calls = new PipedHostCalls({
      send: (frame) => this.#pipe?.send(frame),
      output: full === null ? child.stdout : null,
      input: started.input,
      onViolation: (error) => this.#end(violation(error)),
      clock: this.#tools.clock,
    });
    await started.connected.then((connected) => this.#connect(connected), async (error) => {
      // A process that has ended tells more of it by itself.
      if (await inTime(gone, LAST_WORDS_MS, this.#tools.clock) === LATE) {
        this.#end({ reason: "terminated", detail: messageOf(error) });
      }
    });
    await gone;
    await started.group?.remove();
    await started.input.abort().catch(() => {});
  }

  #connect({ connection, pid }: Awaited<ProcessChild["connected"]>): void {
    if (this.#isOver) return connection.close();
    this.#listener.onSpawned({ processId: pid });
    const pipe = this.#pipe = new FramePipe(connection, {
      // A thread may hand over as long a text as it can hold.
      maxFrameBytes: MAX_FRAME_BYTES + this.#memoryMb * 1024 * 1024,
      maxWaitingBytes: MAX_WAITING_BYTES,
      onFrame: (values) => this.#receive(values),
      onEnd: (error) => {
        if (error instanceof WireViolation) this.#end(violation(error));
        // Its own end tells more of it; one that lives on without a connection is of no use.
        else {this.#waitForEnd = this.#tools.clock.after(LAST_WORDS_MS, () =>
            this.#end({ reason: "terminated", detail: CUT_OFF }));}
      },
    });
    const watched = this.#watched = new WatchedProcess(pid, this.#memoryMb, {
      ask: (beat, collect: Collect) => pipe.send([WORD.BEAT, beat, collect]),
      waitsOnHost: () => this.#calls!.isWaiting,
      onFigures: (heap, external, cpu) => this.#listener.onFigures(heap, external, cpu),
      end: (verdict) => this.#end(verdict),
      onLook: (cpu) => this.#files?.look(cpu),
    });
    this.#tools.watch(watched);
    pipe.start();
  }

  /** @throws {WireViolation} for what no isolate's own code sends; the pipe ends then */
  #receive(values: unknown[]): void {
    if (this.#isOver) return;
    switch (values[0]) {
      case WORD.BEAT:
        return this.#watched!.answer(values);
      case WORD.CALL:
        return this.#calls!.receive(values[1]);
      case WORD.BOOTED:
        this.#watched!.booted();
        return this.#listener.onMessage({ type: "booted" });
      case WORD.LOADED:
        this.#early?.forEach((line) => this.#listener.onMessage([OP.LOG, "error", line]));
        this.#early = null;
        return this.#listener.onMessage({ type: "loaded" });
      case WORD.HOST_CALLS:
        return this.#listener.onMessage({ type: "host_calls" });
      case WORD.LOAD_FAILED:
        return this.#listener.onMessage({
          type: "load_failed",
          name: values[1],
          message: values[2],
          stack: values[3],
        });
      default:
        this.#listener.onMessage(values);
    }
  }
}

/** A text without bounds in the head of an answer is no forgery: it is memory that the app may not hold. */
function violation(error: WireViolation): Omit<CellExit, "cpuMicros"> {
  if (error instanceof FrameTooLong) {
    return { reason: "out_of_memory", detail: `it sent a message of ${mebibytes(error.bytes)}` };
  }
  return { reason: "terminated", detail: `it broke the wall's protocol: ${error.message}` };
}
