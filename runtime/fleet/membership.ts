/** Who is in the fleet: tells of this node, asks for the others, holds this node's name. */
import type { Clock } from "../clock.ts";
import type { FleetNodeView } from "../terms/fleet_operations.ts";
import type { FleetStore, NodeReport } from "./fleet_store.ts";
import { headOf, Lags } from "./lags.ts";

/** A node is gone 15 s after its last report, and a lease 10 s after it was renewed. */
const BEAT_MS = 3_000;

/** What it works with. */
export interface MembershipTools {
  readonly store: Pick<FleetStore, "announce" | "nodes" | "lease">;
  readonly clock: Clock;
  /** Of this node, and what tells it from another one of the same name. */
  readonly name: string;
  readonly holder: string;
  readonly report: () => NodeReport;
  /** Told when the name turns out to be another node's, and when it is this one's again. */
  readonly onName: (isOurs: boolean) => void;
}

/** A node among others. */
export class Membership implements Disposable {
  readonly #tools: MembershipTools;
  #cancel: (() => void) | null = null;
  #isEnded = false;
  /** Null until the engine has said so. */
  #isOurs: boolean | null = null;
  #others: readonly NodeReport[] = [];
  readonly #lags = new Lags();

  constructor(tools: MembershipTools) {
    this.#tools = tools;
  }

  /** Whether another node has this one's name. */
  get isTaken(): boolean {
    return this.#isOurs === false;
  }

  /** All nodes as they were last seen, this one as it is now; sorted by name. */
  get known(): readonly NodeReport[] {
    const own = this.#tools.report();
    return [own, ...this.#others.filter(({ name }) => name !== own.name)].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Tells of this node, now and from now on. Never rejects. */
  async beat(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    try {
      await this.#tell();
    } catch {
      // The replica tells that the engine cannot be reached.
    }
    if (!this.#isEnded) this.#cancel = this.#tools.clock.after(BEAT_MS, () => void this.beat());
  }

  /** Tells of this node now: something has changed. @throws what the engine throws */
  async announce(): Promise<void> {
    if (this.#isOurs === true) await this.#tools.store.announce(this.#tools.report());
  }

  /** Asks for the others. @throws what the engine throws */
  async look(): Promise<readonly NodeReport[]> {
    this.#others = await this.#tools.store.nodes();
    const { known } = this;
    this.#lags.note(known, this.#tools.clock.now());
    return known;
  }

  /** ms for which a node has not had all changes, as far as this one has seen it. */
  lagOf(name: string): number {
    return this.#lags.of(name, this.#tools.clock.now());
  }

  [Symbol.dispose](): void {
    this.#isEnded = true;
    this.#cancel?.();
  }

  async #tell(): Promise<void> {
    const { store, name, holder, onName } = this.#tools;
    const isOurs = await store.lease(`node.${name}`, holder);
    if (isOurs !== this.#isOurs) {
      this.#isOurs = isOurs;
      onName(isOurs);
    }
    if (isOurs) await store.announce(this.#tools.report());
    await this.look();
  }
}

/** Reports as they are shown: how far each lags behind, and in what it differs from most. */
export function nodeViews(
  reports: readonly NodeReport[],
  { self, lagOf }: { readonly self: string; readonly lagOf: (name: string) => number },
): FleetNodeView[] {
  const head = headOf(reports);
  const config = mostFrequent(reports.map((one) => one.configFingerprint ?? ""));
  const version = mostFrequent(reports.map((one) => one.version));
  return reports.map((one): FleetNodeView => ({
    name: one.name,
    isSelf: one.name === self,
    role: one.role,
    address: one.address,
    version: one.version,
    startedAt: one.startedAt,
    revision: one.revision,
    lag: head - one.revision,
    lagMs: lagOf(one.name),
    state: one.state,
    appsUp: one.appsUp,
    filesComing: one.filesComing ?? 0,
    failed: one.failed,
    config: one.configFingerprint,
    memoryBytes: one.memoryBytes,
    drift: [
      ...(one.configFingerprint ?? "") === config ? [] : ["nano.json" as const],
      ...one.version === version ? [] : ["version" as const],
    ],
  }));
}

/** Of two that are as frequent, the first by the alphabet: all nodes see the same one as different. */
function mostFrequent(texts: readonly string[]): string | null {
  const counts = Map.groupBy(texts, (text) => text);
  const [first] = [...counts].sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1));
  return first?.[0] ?? null;
}
