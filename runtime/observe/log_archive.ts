/** The last lines of every app, bounded for one app and for all of them together. */
import type { LogLine } from "./observations.ts";
import { LogBuffer, MAX_BUFFERED_CHARS } from "./log_buffer.ts";
import type { LineFilter } from "./log_filter.ts";

/** Most characters that are kept of all apps together. Above 64 apps with lines each gets an equal share. */
export const MAX_ARCHIVED_CHARS = 64 * 1024 * 1024;
/** The lines of an app that is gone stay this long, so that one can read why it went. */
export const KEEP_GONE_MS = 10 * 60 * 1000;

/** Buffers by app. */
export class LogArchive {
  readonly #buffers = new Map<string, LogBuffer>();

  /** Apps of which there are lines. */
  get apps(): number {
    return this.#buffers.size;
  }

  /** Keeps a line. */
  add(line: LogLine): void {
    let buffer = this.#buffers.get(line.app);
    if (buffer === undefined) {
      this.#buffers.set(line.app, buffer = new LogBuffer());
      this.#share();
    }
    buffer.push(line);
  }

  /** The last lines that match, oldest first. */
  recent(filter: LineFilter, limit: number): LogLine[] {
    if (filter.app !== null) return this.#buffers.get(filter.app)?.last(filter, limit).reverse() ?? [];
    const found = [...this.#buffers.values()].flatMap((buffer) => buffer.last(filter, limit));
    return limit > 0 ? found.sort((one, other) => one.id - other.id).slice(-limit) : [];
  }

  /** Lets go of the lines of apps that are gone and have been silent for ten minutes. */
  forgetExcept(apps: { has(app: string): boolean }, wallMs: number): void {
    for (const [app, buffer] of this.#buffers) {
      if (!apps.has(app) && wallMs - buffer.lastAt >= KEEP_GONE_MS) this.#buffers.delete(app);
    }
    this.#share();
  }

  #share(): void {
    const share = Math.min(MAX_BUFFERED_CHARS, Math.floor(MAX_ARCHIVED_CHARS / this.#buffers.size));
    for (const buffer of this.#buffers.values()) buffer.limit(share);
  }
}
