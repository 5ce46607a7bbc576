/** What operators do with the fleet itself: found it, join it, give it back what it lost; recorded as all changes are. */
import type { FleetNode } from "../fleet/fleet_gate.ts";
import type { ChangeAction, ChangeRequest } from "../terms/operations.ts";
import type { FleetOperations, FleetView } from "../terms/fleet_operations.ts";
import type { ChangeDesk } from "./change_desk.ts";

/** The fleet of a running NANO. */
export class FleetDesk implements FleetOperations {
  readonly #desk: ChangeDesk;
  readonly #node: FleetNode;

  constructor(desk: ChangeDesk, node: FleetNode) {
    this.#desk = desk;
    this.#node = node;
  }

  view(): Promise<FleetView> {
    return this.#node.view();
  }

  revisionOf(app: string): number | null {
    return this.#node.revisionOf(app);
  }

  found(by: ChangeRequest): Promise<void> {
    return this.#record(by, "fleet.found", "found a fleet", async (verb) => {
      await this.#node.found(false, verb);
      return "Founded a fleet with what this node has";
    });
  }

  restore({ replace }: { readonly replace: boolean }, by: ChangeRequest): Promise<void> {
    return this.#record(by, "fleet.restore", "restore the fleet", async (verb) => {
      await this.#node.found(replace, verb);
      return "Restored the fleet from what this node has";
    });
  }

  join({ replace }: { readonly replace: boolean }, by: ChangeRequest): Promise<void> {
    return this.#record(by, "fleet.join", "join the fleet", async (verb) => {
      await this.#node.join(replace, verb);
      return "Joined the fleet";
    });
  }

  retry(by: ChangeRequest): Promise<void> {
    return this.#record(by, "fleet.retry", "retry what failed here", async () => {
      await this.#node.retry();
      return "Tried again what could not be in force here";
    });
  }

  #record(
    by: ChangeRequest,
    action: ChangeAction,
    verb: string,
    work: (verb: string) => Promise<string>,
  ): Promise<void> {
    return this.#desk.record({ by, action, app: null, verb }, () => work(verb));
  }
}
