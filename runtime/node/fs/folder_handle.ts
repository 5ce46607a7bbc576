/** `opendir`: a folder that is read entry by entry. */
import type { Steps } from "./disk.ts";
import { argumentError } from "./errors.ts";
import { pathText } from "./paths.ts";
import { readdir } from "./reading.ts";
import type { Dirent } from "./stats.ts";

type Options = Record<string, unknown>;

/** As `fs.opendir` gives it. */
export class Dir {
  readonly path: string;
  readonly #entries: Dirent[];
  #isOpen = true;

  constructor(path: string, entries: Dirent[]) {
    this.path = path;
    this.#entries = entries;
  }

  readSync(): Dirent | null {
    if (!this.#isOpen) throw argumentError("ERR_DIR_CLOSED", "Directory handle was closed");
    return this.#entries.shift() ?? null;
  }
  async read(done?: (error: unknown, entry?: Dirent | null) => void): Promise<Dirent | null> {
    await undefined;
    const entry = this.readSync();
    done?.(null, entry);
    return entry;
  }
  closeSync(): void {
    if (!this.#isOpen) throw argumentError("ERR_DIR_CLOSED", "Directory handle was closed");
    this.#isOpen = false;
  }
  async close(done?: (error: unknown) => void): Promise<void> {
    await undefined;
    this.closeSync();
    done?.(null);
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Dirent> {
    try {
      for (let entry = await this.read(); entry !== null; entry = await this.read()) yield entry;
    } finally {
      if (this.#isOpen) this.closeSync();
    }
  }
  [Symbol.dispose](): void {
    if (this.#isOpen) this.closeSync();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await undefined;
    this[Symbol.dispose]();
  }
}

export function* opendir(path: unknown, options: Options = {}): Steps<Dir> {
  return new Dir(pathText(path), (yield* readdir(path, { ...options, withFileTypes: true })) as Dirent[]);
}
