/** The flight recorder's file: a slot of fixed size an isolate, written in place; what is written survives SIGKILL. */
import type { FlightEntry } from "../../runtime/mod.ts";

/** Divides the size of a page, so that no slot is torn by a death between two pages. */
const SLOT_BYTES = 256;
/** What is beyond is not noted: 1 MB is the most that the file may be. */
const MAX_SLOTS = 4_096;
const BLANK = 32;
const NEWLINE = 10;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The host's end. */
export class FlightFileWriter implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #report: (text: string) => void;
  readonly #bytes = new Uint8Array(SLOT_BYTES);
  #closed = false;

  /**
   * @param path of a file that the guardian made
   * @param report told once when the file cannot be written: the host serves on, its guardian knows less
   */
  constructor(path: string, report: (text: string) => void) {
    this.#file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
    this.#report = report;
  }

  /** Writes one slot; 2 us, since it ends in the page cache. */
  readonly write = (slot: number, entry: FlightEntry | null): void => {
    if (slot >= MAX_SLOTS || this.#closed) return;
    this.#bytes.fill(BLANK);
    this.#bytes[SLOT_BYTES - 1] = NEWLINE;
    if (entry !== null) {
      const { threadId, app, version, phase, since, busySince, quietSince, bouts } = entry;
      const text = JSON.stringify([threadId, app, version, phase, since, busySince, quietSince, bouts]);
      const { read } = encoder.encodeInto(text, this.#bytes.subarray(0, SLOT_BYTES - 1));
      if (read < text.length) this.#bytes.fill(BLANK, 0, SLOT_BYTES - 1);
    }
    try {
      this.#file.seekSync(slot * SLOT_BYTES, Deno.SeekMode.Start);
      this.#file.writeSync(this.#bytes);
    } catch (error) {
      this[Symbol.dispose]();
      this.#report(`Cannot tell the guardian what the apps do: ${String(error)}`);
    }
  };

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
  }
}

/** What the host noted last; a slot that cannot be read is left out. */
export function readFlight(path: string): FlightEntry[] {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const entries: FlightEntry[] = [];
  for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
    const entry = entryOf(decoder.decode(bytes.subarray(at, at + SLOT_BYTES)));
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

function entryOf(line: string): FlightEntry | null {
  try {
    const [threadId, app, version, phase, since, busySince, quietSince, bouts] = JSON.parse(line);
    return { threadId, app, version, phase, since, busySince, quietSince, bouts };
  } catch {
    // It is free, or the host died while it wrote.
    return null;
  }
}
