/** For how long nodes have not had all changes: a revision alone does not tell whether a node is late or on its way. */
import type { NodeReport } from "./fleet_store.ts";

/** By nodes' names. */
export class Lags {
  readonly #since = new Map<string, number>();

  /** Looks at all nodes. @param now ms */
  note(reports: readonly NodeReport[], now: number): void {
    const head = headOf(reports);
    const late = new Set(reports.filter(({ revision }) => revision < head).map(({ name }) => name));
    for (const name of this.#since.keys()) if (!late.has(name)) this.#since.delete(name);
    for (const name of late) if (!this.#since.has(name)) this.#since.set(name, now);
  }

  /** ms since a look first found it behind; 0 when the last one did not. */
  of(name: string, now: number): number {
    return now - (this.#since.get(name) ?? now);
  }
}

/** The newest revision that any of them knows. */
export function headOf(reports: readonly NodeReport[]): number {
  return Math.max(0, ...reports.map(({ revision }) => revision));
}
