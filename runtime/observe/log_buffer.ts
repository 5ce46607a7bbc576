/** Keeps the last lines of one app, bounded in lines and characters. */
import type { LogLine } from "./observations.ts";
import type { LineFilter } from "./log_filter.ts";

/** Most lines that are kept of one app. */
export const MAX_BUFFERED_LINES = 1_000;
/** Most characters that are kept of one app. */
export const MAX_BUFFERED_CHARS = 1024 * 1024;

/** A ring of lines, oldest out first. */
export class LogBuffer {
  readonly #ring: (LogLine | undefined)[] = [];
  /** Place of the oldest line. */
  #first = 0;
  #size = 0;
  #chars = 0;
  #maxChars: number;
  #lastAt = 0;

  /** @param maxChars of all texts together; the newest line stays even when it alone is longer */
  constructor(maxChars: number = MAX_BUFFERED_CHARS) {
    this.#maxChars = maxChars;
  }

  /** Lines that are kept. */
  get size(): number {
    return this.#size;
  }

  /** Characters of their texts. */
  get chars(): number {
    return this.#chars;
  }

  /** When the newest line was written, ms since the epoch; 0 without one. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** Keeps a line and lets go of the oldest that no longer fit. */
  push(line: LogLine): void {
    if (this.#size === MAX_BUFFERED_LINES) this.#drop();
    // The array grows to its full length once and is then a ring; most apps never write a thousand lines.
    const place = (this.#first + this.#size) % MAX_BUFFERED_LINES;
    this.#ring[place] = line;
    this.#size++;
    this.#chars += line.text.length;
    this.#lastAt = line.at;
    this.#trim();
  }

  /** Takes another bound of characters. */
  limit(maxChars: number): void {
    this.#maxChars = maxChars;
    this.#trim();
  }

  /** The last lines that match, newest first. */
  last(filter: LineFilter, limit: number): LogLine[] {
    const found: LogLine[] = [];
    for (let back = this.#size - 1; back >= 0 && found.length < limit; back--) {
      const line = this.#ring[(this.#first + back) % MAX_BUFFERED_LINES]!;
      if (filter.takes(line)) found.push(line);
    }
    return found;
  }

  #trim(): void {
    while (this.#chars > this.#maxChars && this.#size > 1) this.#drop();
  }

  #drop(): void {
    this.#chars -= this.#ring[this.#first]!.text.length;
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) % MAX_BUFFERED_LINES;
    this.#size--;
  }
}
