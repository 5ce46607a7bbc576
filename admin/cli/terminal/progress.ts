/** Shows how far something is: a line that is drawn over on a terminal, single lines elsewhere. */
import type { CliIo } from "./cli_io.ts";

const REDRAW_MS = 100;
const BAR_WIDTH = 24;

/** One line of progress on stderr; disposing it clears the line. */
export class ProgressLine implements Disposable {
  readonly #io: CliIo;
  readonly #quiet: boolean;
  #drawnAt = -Infinity;
  #drawn = "";

  /** @param options.quiet shows nothing, for programs */
  constructor(io: CliIo, options: { readonly quiet: boolean }) {
    this.#io = io;
    this.#quiet = options.quiet;
  }

  /** Tells a new step: a line of its own without a terminal. */
  step(text: string): void {
    if (this.#quiet) return;
    if (this.#io.errTerminal) this.#draw(text);
    else this.#io.err(text);
  }

  /** Tells a figure inside a step: on a terminal only, ten times a second at most. */
  update(text: string): void {
    if (this.#quiet || !this.#io.errTerminal || performance.now() - this.#drawnAt < REDRAW_MS) return;
    this.#draw(text);
  }

  [Symbol.dispose](): void {
    if (this.#drawn !== "") this.#draw("");
  }

  #draw(text: string): void {
    const width = Math.max(20, (this.#io.columns ?? 80) - 1);
    this.#drawnAt = performance.now();
    this.#drawn = text.slice(0, width);
    this.#io.draw(`\r\x1b[K${this.#drawn}`);
  }
}

/** As `[######------]  50 %`. @param share 0 to 1 */
export function barText(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  const percent = String(Math.floor(Math.min(1, Math.max(0, share)) * 100)).padStart(3);
  return `[${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}] ${percent} %`;
}
