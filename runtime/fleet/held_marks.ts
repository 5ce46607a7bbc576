/** What a node holds of each key of its fleet, at hand. */
import type { FleetRows, HeldMark } from "../store/fleet_rows.ts";
import type { FleetRecord } from "./fleet_store.ts";

/** By key. */
export class HeldMarks {
  readonly #marks = new Map<string, HeldMark>();

  get(key: string): HeldMark | undefined {
    return this.#marks.get(key);
  }

  /** Whether there are records that the engine does not have yet. */
  get hasUnwritten(): boolean {
    return this.#marks.values().some(({ revision }) => revision < 0);
  }

  all(): Iterable<HeldMark> {
    return this.#marks.values();
  }

  hold({ key, revision, changeId, format, why }: HeldMark): void {
    this.#marks.set(key, { key, revision, changeId, format, why });
  }

  forget(key: string): void {
    this.#marks.delete(key);
  }

  /** Reads all anew. */
  read(rows: Pick<FleetRows, "held">): void {
    this.#marks.clear();
    for (const mark of rows.held()) this.#marks.set(mark.key, mark);
  }

  /** Whether a record is newer. @param anew whether one of the same revision and another change counts as such */
  isNews({ key, id, revision }: FleetRecord, anew: boolean): boolean {
    const mine = this.#marks.get(key);
    return mine === undefined || mine.revision < revision ||
      (anew && mine.revision === revision && mine.changeId !== id);
  }
}
