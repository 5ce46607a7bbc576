/**
 * Removes archives that no record names: on this node, and by one node of all in the engine, which has a grace of its
 * own.
 */
import type { Clock } from "../clock.ts";
import type { ArchiveShelf } from "../store/archive_shelf.ts";
import type { FleetRows } from "../store/fleet_rows.ts";
import { digestsOf } from "./app_record.ts";
import type { FleetStore } from "./fleet_store.ts";

/** Archives of versions that are gone may lie for a while. */
const SWEEP_MS = 60 * 60_000;

/** What it works with. */
export interface ArchiveSweepTools {
  readonly store: Pick<FleetStore, "lease" | "removeBlobs">;
  readonly rows: FleetRows;
  readonly shelf: ArchiveShelf;
  readonly clock: Clock;
  /** What tells this process from others. */
  readonly holder: string;
  /** Whether this node knows all records, and may write. */
  readonly maySweepEngine: () => boolean;
  readonly warn: (error: unknown) => void;
}

/** One node's. */
export class ArchiveSweep {
  readonly #tools: ArchiveSweepTools;
  #sweptAt: number;

  constructor(tools: ArchiveSweepTools) {
    this.#tools = tools;
    this.#sweptAt = tools.clock.now();
  }

  /** Runs if the last one was long ago. */
  runIfDue(): void {
    if (this.#tools.clock.now() - this.#sweptAt >= SWEEP_MS) void this.run();
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { store, rows, shelf, clock, holder, maySweepEngine, warn } = this.#tools;
    this.#sweptAt = clock.now();
    const keep = digestsOf(rows);
    if (keep === null) return;
    await shelf.sweep(keep).catch(warn);
    if (!maySweepEngine()) return;
    try {
      if (await store.lease("sweep", holder)) await store.removeBlobs(keep);
    } catch {
      // The next sweep does it.
    }
  }
}
