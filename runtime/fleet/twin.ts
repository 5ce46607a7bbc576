/**
 * Finds a second process with the identity of this one: one of the two was started from a copy of the other's state
 * folder. Leases do not tell them apart, as a node that was killed is to have its name again at once.
 */
import { LEASE_MS, NODE_SEEN_MS, type NodeReport } from "./fleet_store.ts";

type Said = Pick<NodeReport, "instance" | "startedAt" | "at">;

/** How this process stands to another one of its identity. */
export class Twin {
  /** A report that is not of this process. What one that was killed has left is seen once. */
  #seen: { readonly at: number | undefined; readonly now: number } | null = null;
  #yields = false;

  /** Whether the name is left to the other one. */
  get yields(): boolean {
    return this.#yields;
  }

  /**
   * Looks at what was last said under this node's name.
   * @param now monotonic ms
   * @returns whether the other one was found just now
   */
  look(own: Said, there: Said | undefined, now: number): boolean {
    const isOther = there?.instance !== undefined && there.instance !== own.instance;
    if (!isOther) {
      if (there === undefined) this.#yields = false;
      return false;
    }
    const before = this.#seen;
    const isNews = before?.at !== there.at;
    if (isNews) this.#seen = { at: there.at, now };
    if (this.#yields) {
      // Its lease has ended by now.
      if (!isNews && now - before!.now >= LEASE_MS) this.#yields = false;
      return false;
    }
    if (before === null || !isNews || now - before.now > NODE_SEEN_MS) return false;
    this.#yields = isElder(there, own);
    return true;
  }
}

/** Both decide by the same two reports: so one of them goes on, whatever their clocks say. */
function isElder(one: Said, other: Said): boolean {
  if (one.startedAt !== other.startedAt) return one.startedAt < other.startedAt;
  return (one.instance ?? "") < (other.instance ?? "");
}
