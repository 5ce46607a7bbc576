/** How much one app may be made of. */

/** Ten times the files and the bytes of the largest apps known to us. */
export const MAX_BUNDLE = { files: 20_000, bytes: 128 * 1024 * 1024 } as const;

/**
 * A build may give this many times what it read: lists of numbers in JSON become eight times as much, as each has a line
 * of its own and a place in the source map.
 */
const MAX_GROWTH = 16;
/** Beside that: what a small app is bundled with. */
const FREE_BYTES = 32 * 1024 * 1024;

/** What a build of this many bytes is too much for, or null: esbuild indents, so blocks in blocks make much of little. */
export function growthExcess(outputBytes: number, sourceBytes: number): string | null {
  if (outputBytes <= FREE_BYTES + MAX_GROWTH * sourceBytes) return null;
  return `of ${sourceBytes} bytes of sources ${Math.ceil(outputBytes / 1024 / 1024)} MiB would become`;
}

/** Counts what a build reads. */
export class BundleBudget {
  readonly #seen = new Set<string>();
  readonly #max: { readonly files: number; readonly bytes: number };
  #bytes = 0;

  constructor(max: { readonly files: number; readonly bytes: number } = MAX_BUNDLE) {
    this.#max = max;
  }

  /** Counts a file once; says what it is too much for, or null. */
  excess(path: string, bytes: number): string | null {
    if (!this.#seen.has(path)) {
      this.#seen.add(path);
      this.#bytes += bytes;
    }
    if (this.#seen.size > this.#max.files) {
      return `it is one more than the ${this.#max.files} files that an app may import`;
    }
    if (this.#bytes <= this.#max.bytes) return null;
    return `the app's sources have more than ${Math.floor(this.#max.bytes / 1024 / 1024)} MiB with it`;
  }
}
