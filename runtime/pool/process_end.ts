/** Why the process of an isolate has ended, when nobody ended it. */
import type { CellExit } from "./cell.ts";

/** What V8 and Deno say last when memory runs out: "Fatal JavaScript out of memory", "memory allocation of 5 bytes failed". */
const OUT_OF_MEMORY = /out of memory|memory allocation of \d+ bytes failed|Cannot allocate memory/i;
/** `unshare` ends as what is behind it ended, and only for SIGKILL it has other words (util-linux 2.38). */
const KILLED_BEHIND = /^unshare: .*sigprocmask unblock failed/m;
/** How V8 and Rust end a process that cannot go on. */
const ABORTS: ReadonlySet<string> = new Set(["SIGTRAP", "SIGABRT", "SIGILL", "SIGSEGV", "SIGBUS"]);

/**
 * Names it; a process tells only of itself by what it says.
 * @param status as the system has it
 * @param lastWords end of its standard error
 */
export function endOfProcess(
  status: { readonly code: number; readonly signal: string | null },
  lastWords: string,
): Omit<CellExit, "cpuMicros"> {
  const { code } = status;
  const signal = code === 1 && KILLED_BEHIND.test(lastWords) ? "SIGKILL" : status.signal;
  const how = signal === null ? `ended by itself with exit code ${code}` : `was ended by ${signal}`;
  const aborted = signal !== null && ABORTS.has(signal);
  if ((aborted || signal === null) && OUT_OF_MEMORY.test(lastWords)) {
    return { reason: "out_of_memory", detail: `its process ${how}: V8 had no memory left` };
  }
  return { reason: "terminated", detail: `its process ${how}` };
}

/** Bytes kept of it: V8's last words before a trace of a few KiB. */
const KEPT_BYTES = 16 * 1024;

/** The beginning of what a process writes to its standard error, which is read to its end. */
export class LastWords {
  /** Settles when it is gone. */
  readonly text: Promise<string>;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.text = read(stream);
  }
}

async function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let kept = "";
  const decoder = new TextDecoder();
  try {
    for await (const piece of stream) {
      kept = (kept + decoder.decode(piece, { stream: true })).slice(-KEPT_BYTES);
    }
  } catch {
    // What it said until then counts.
  }
  return kept;
}
