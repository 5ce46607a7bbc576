/** Looks how much of the disk an app's process has taken, and lets it write no more once that is all it may. */
import type { KeptFiles } from "../terms/app_view.ts";
import type { CellExit } from "./cell.ts";
import type { FolderSize } from "./folder_tools.ts";
import { mebibytes } from "./verdict.ts";

/** Between two looks at a folder that is worked with, at least; and of all time, at most this part is spent on looks. */
const LOOK_MS = 1000;
const LOOKS_PART = 20;
/** Written since the last look, from which on the next one does not wait: a disk takes gigabytes a second. */
const BURST_BYTES = 8 * 1024 * 1024;
/**
 * Beyond its bound a process cannot write, but it can make empty files, programs that it started before write on, and
 * native code can take the bound off: with this part more the process ends.
 */
const HARD_PART = 1 / 8;
const HARD_MIN_BYTES = 32 * 1024 * 1024;
/** A file takes that much of the disk, or of its table of files. */
const BYTES_AN_ENTRY = 4096;

/** What is watched, and what may be done about it. */
export interface DataWatchTools {
  /** What people call the folder, as `folder "data"`. */
  readonly name: string;
  /** Which key of nano.json bounds it. */
  readonly bound: string;
  readonly maxBytes: number;
  /** Whether others than the process itself write there in its name, who take no CPU of its own. */
  readonly hasPrograms: () => boolean;
  readonly measure: () => Promise<FolderSize>;
  /** Bounds each file that the process writes from now on. */
  readonly boundFiles: (fileBytes: number) => Promise<void>;
  /** Bytes that the process has written so far; 0 where nobody tells. */
  readonly written: () => number;
  readonly onLook: (kept: KeptFiles) => void;
  /** A line for the app's log. */
  readonly say: (text: string) => void;
  readonly end: (verdict: Omit<CellExit, "cpuMicros">) => void;
  readonly now: () => number;
}

/** One folder of one process. */
export class DataWatch {
  readonly #tools: DataWatchTools;
  readonly #maxEntries: number;
  #isLooking = false;
  #isFull = false;
  #isOver = false;
  #nextAt = 0;
  #cpuMicros = -1;
  #written = 0;
  #room: number;

  constructor(tools: DataWatchTools) {
    this.#tools = tools;
    this.#maxEntries = Math.floor(tools.maxBytes / BYTES_AN_ENTRY);
    this.#room = tools.maxBytes;
  }

  /** Looks, if there is anything to be seen. @param cpuMicros what the process has computed so far */
  look(cpuMicros: number): void {
    if (this.#isLooking || this.#isOver) return;
    const { now, written, hasPrograms } = this.#tools;
    const moved = cpuMicros !== this.#cpuMicros;
    const isDue = now() >= this.#nextAt && (moved || hasPrograms());
    if (!isDue && !(moved && written() - this.#written > Math.max(BURST_BYTES, this.#room / 2))) return;
    this.#cpuMicros = cpuMicros;
    void this.lookNow();
  }

  /** Nobody looks any more. */
  close(): void {
    this.#isOver = true;
  }

  /** Looks at once; never rejects. */
  async lookNow(): Promise<void> {
    const { now, measure, written, maxBytes, onLook } = this.#tools;
    this.#isLooking = true;
    const since = now();
    this.#written = written();
    let size: FolderSize | Error;
    try {
      size = await measure();
    } catch (error) {
      size = error as Error;
    }
    this.#nextAt = now() + Math.max(LOOK_MS, LOOKS_PART * (now() - since));
    if (!this.#isOver) {
      if (size instanceof Error) this.#end(`cannot be measured: ${size.message}`);
      else {
        this.#room = Math.max(0, maxBytes - size.bytes);
        onLook({ ...size, maxBytes, maxEntries: this.#maxEntries });
        await this.#judge(size);
      }
    }
    this.#isLooking = false;
  }

  async #judge({ bytes, entries }: FolderSize): Promise<void> {
    const { maxBytes, name, bound, boundFiles, say } = this.#tools;
    const count = entries ?? 0;
    const holds = count / this.#maxEntries > bytes / maxBytes
      ? `holds ${count} files and folders, and ${bound} of ${mebibytes(maxBytes)} allows ${this.#maxEntries}`
      : `holds ${mebibytes(bytes)}, and ${bound} allows ${mebibytes(maxBytes)}`;
    const hardBytes = maxBytes + Math.max(HARD_MIN_BYTES, maxBytes * HARD_PART);
    if (bytes > hardBytes || count > hardBytes / BYTES_AN_ENTRY) return this.#end(holds);
    const isFull = bytes >= maxBytes || count >= this.#maxEntries;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    try {
      await boundFiles(isFull ? 0 : maxBytes);
    } catch (error) {
      // One that has ended needs no bound.
      if (!this.#isOver) this.#end(`${holds}, and it cannot be bounded: ${(error as Error).message}`);
      return;
    }
    say(isFull ? `Its ${name} ${holds}: it can write no file until it has removed some` : `Its ${name} has room again`);
  }

  #end(why: string): void {
    this.#isOver = true;
    this.#tools.end({ reason: "terminated", detail: `its ${this.#tools.name} ${why}` });
  }
}
