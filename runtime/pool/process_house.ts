/** All processes of isolates: makes them, looks at them, and sees the last one gone. */
import type { Clock } from "../clock.ts";
import { inTime } from "../deadline.ts";
import type { CellListener, OpenCell } from "./cell.ts";
import type { FullPlace } from "./full_place.ts";
import { EMPTY_SIDE, type HeldSide, heldSide, judgeCeiling } from "./memory_ceiling.ts";
import { ProcessCell } from "./process_cell.ts";
import { TICK_MS } from "./verdict.ts";
import type { WatchedProcess } from "./watched_process.ts";

/** Between two looks at the memory of those that work. */
const SAMPLE_MS = 25;
/** Looks at memory between two whole ones. */
const SAMPLES_PER_TICK = TICK_MS / SAMPLE_MS;
/** The kernel takes milliseconds to end a process; a machine that swaps takes longer. */
const CLOSE_MS = 30_000;

/** What a house works with. */
export interface ProcessHouseTools {
  readonly clock: Clock;
  /** Text of the bootstrap, made when the first process is asked for. */
  readonly source: () => Promise<string>;
  /** What isolates hold and may hold that are threads of NANO: they share the ceiling. */
  readonly threads: (elsewhere: HeldSide) => HeldSide;
  /** Hears what the processes hold, until there are none. */
  readonly onHeld: (side: HeldSide) => void;
}

/** Processes of isolates. */
export class ProcessHouse implements AsyncDisposable {
  /** How much all of them together may hold. */
  ceilingBytes = Infinity;
  readonly #tools: ProcessHouseTools;
  readonly #living = new Set<ProcessCell>();
  readonly #watched = new Set<WatchedProcess>();
  #source: Promise<string> | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;
  #samples = 0;

  constructor(tools: ProcessHouseTools) {
    this.#tools = tools;
  }

  /** Processes that live, or are about to. */
  get size(): number {
    return this.#living.size;
  }

  /** Makes one. */
  readonly open: OpenCell = (memoryMb, listener) => this.#open(memoryMb, listener, null);

  /** Makes those of one app, that runs as Deno itself runs it. */
  openFor(full: FullPlace): OpenCell {
    return (memoryMb, listener) => this.#open(memoryMb, listener, full);
  }

  #open(memoryMb: number, listener: CellListener, full: FullPlace | null): ProcessCell {
    const cell = new ProcessCell(memoryMb, listener, {
      full,
      clock: this.#tools.clock,
      source: () => this.#source ??= this.#tools.source(),
      watch: (process) => {
        this.#watched.add(process);
        this.#timer ??= setInterval(() => this.#look(), SAMPLE_MS);
        Deno.unrefTimer(this.#timer as unknown as number);
      },
    });
    this.#living.add(cell);
    void cell.gone.then(() => this.#living.delete(cell));
    return cell;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const cell of this.#living) cell.close();
    await inTime(Promise.all([...this.#living].map(({ gone }) => gone)), CLOSE_MS, this.#tools.clock);
  }

  #look(): void {
    const isTick = ++this.#samples % SAMPLES_PER_TICK === 0;
    const now = this.#tools.clock.now();
    for (const process of this.#watched) {
      if (process.isOver) this.#watched.delete(process);
      else if (isTick) process.look(now);
      else process.sample();
    }
    if (isTick) this.#holdCeiling();
    if (this.#watched.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#tools.onHeld(EMPTY_SIDE);
  }

  /** What its own hold. */
  get heldBytes(): number {
    return this.#watchedNow.reduce((total, { ownBytes }) => total + ownBytes, 0);
  }

  get #watchedNow(): WatchedProcess[] {
    return [...this.#watched].filter(({ isOver }) => !isOver);
  }

  #holdCeiling(): void {
    const all = this.#watchedNow;
    const held = all.map(({ ownBytes, allowedBytes }, number) => ({ number, heldBytes: ownBytes, allowedBytes }));
    const { heldBytes } = this;
    const threads = this.#tools.threads(heldSide(heldBytes, this.ceilingBytes, held));
    this.#tools.onHeld(heldSide(heldBytes, this.ceilingBytes, held, threads));
    const worst = judgeCeiling(heldBytes, this.ceilingBytes, held, threads);
    if (worst !== null) all[worst.number]!.endBy(worst.verdict);
  }
}
