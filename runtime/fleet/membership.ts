/** Who is in the fleet: tells of this node, asks for the others, holds this node's name. */
import type { Clock } from "../clock.ts";
import { inTime } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import type { FleetNodeView } from "../terms/fleet_operations.ts";
import { CLOCK_APART_MS, clockSkew, EngineClock } from "./engine_clock.ts";
import type { FleetStore, HeardReport, NodeReport } from "./fleet_store.ts";
import { headOf, Lags } from "./lags.ts";
import { Twin } from "./twin.ts";

/** A node is gone 15 s after its last report, and a lease 10 s after it was renewed. */
const BEAT_MS = 3_000;

/** Whose name this is a node that starts asks first, but not for long: it is to say soon that the engine is away. */
const FIRST_MS = 2_000;
/** Whoever looks at the fleet is told soon that the engine gives no answer. */
const LOOK_MS = 4_000;

/** What it works with. */
export interface MembershipTools {
  readonly store: Pick<FleetStore, "announce" | "nodes" | "lease">;
  readonly clock: Clock;
  /** Of this node, and what tells it from another one of the same name. */
  readonly name: string;
  readonly holder: string;
  readonly report: () => NodeReport;
  /** Told what somebody has to mend, once each time that it begins. */
  readonly warn: (text: string) => void;
}

/** A node among others. */
export class Membership implements Disposable {
  readonly #tools: MembershipTools;
  #cancel: (() => void) | null = null;
  #isEnded = false;
  /** Null until the engine has said so. */
  #isOurs: boolean | null = null;
  #others: readonly HeardReport[] = [];
  readonly #lags = new Lags();
  readonly #twin = new Twin();
  /** Who yields to its twin tells of itself once more: or the other one would not hear of it. */
  #owesWord = false;
  readonly #engineClock = new EngineClock();
  /** Why the engine does not take what this node says; null while it does. */
  #mute: string | null = null;
  #isMuteTold = false;
  #isApart = false;

  constructor(tools: MembershipTools) {
    this.#tools = tools;
  }

  /** Why this node may not follow the fleet under its name, with what to do; null when it may. */
  get refusal(): string | null {
    const { name } = this.#tools;
    if (this.#isOurs === false) {
      return `another node is called "${name}": give one of them another fleet.name, and restart it`;
    }
    return this.#twin.yields ? twinText(name) : null;
  }

  /** Why the engine does not take what this node says, though it may give answers; null while it does. */
  get mute(): string | null {
    return this.#mute;
  }

  /** All nodes as they were last seen, this one as it is now; sorted by name. */
  get known(): readonly NodeReport[] {
    const own = this.#tools.report();
    return [own, ...this.#others.filter(({ name }) => name !== own.name)].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Begins to tell of this node; never rejects. */
  async begin(): Promise<void> {
    await inTime(this.beat(), FIRST_MS, this.#tools.clock);
  }

  /** Tells of this node, now and from now on. Never rejects. */
  async beat(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    try {
      await this.#tell();
      this.#mute = null;
      this.#isMuteTold = false;
    } catch (error) {
      this.#beMute(error);
    }
    if (!this.#isEnded) this.#cancel = this.#tools.clock.after(BEAT_MS, () => void this.beat());
  }

  /** Tells of this node now: something has changed. @throws what the engine throws */
  async announce(): Promise<void> {
    if (this.#isOurs !== true || (this.#twin.yields && !this.#owesWord)) return;
    this.#owesWord = false;
    const report = this.#tools.report();
    this.#engineClock.sent(report.at ?? 0, this.#tools.clock.now());
    await this.#tools.store.announce(report);
  }

  /** Asks for the others, but not for long: somebody waits. @returns whether they are known now */
  async lookSoon(): Promise<boolean> {
    const looked = this.look().then(() => true, () => false);
    return await inTime(looked, LOOK_MS, this.#tools.clock) === true;
  }

  /** Asks for the others. @throws what the engine throws */
  async look(): Promise<readonly NodeReport[]> {
    this.#others = await this.#tools.store.nodes();
    const { known } = this;
    const { clock, name, report, warn } = this.#tools;
    this.#lags.note(known, clock.now());
    const [own, there] = [report(), this.#others.find((one) => one.name === name)];
    if (this.#twin.look(own, there, clock.now())) {
      warn(twinText(name));
      this.#owesWord = true;
    }
    if (there !== undefined && there.instance === own.instance) {
      this.#engineClock.heard(there);
      this.#checkClock(there);
    }
    return known;
  }

  /** The engine's time, ms since the epoch. @throws what the engine throws */
  async engineTime(): Promise<number> {
    const time = () => this.#engineClock.time(this.#tools.clock.now());
    if (time() === null) await this.#tell();
    const found = time();
    if (found === null) throw new Error("the engine has not heard of this node yet");
    return found;
  }

  /** ms by which a node's clock is ahead of the engine's; null when that is not known. */
  skewOf(name: string): number | null {
    const report = this.#others.find((one) => one.name === name);
    return report === undefined ? null : clockSkew(report);
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
    const { clock, store, name, holder, warn } = this.#tools;
    const isOurs = await store.lease(`node.${name}`, holder);
    if (isOurs !== this.#isOurs) {
      this.#isOurs = isOurs;
      const { refusal } = this;
      if (!isOurs && refusal !== null) warn(`Cannot join the fleet: ${refusal}`);
    }
    // Before this node is told of: a twin's report would be gone.
    await this.look();
    await this.announce();
    if (this.#engineClock.time(clock.now()) === null) await this.look();
  }

  /** Of an engine that is away the replica tells; one that is full or may not be written gives answers to that. */
  #beMute(error: unknown): void {
    const { report, warn } = this.#tools;
    const isNew = !this.#isMuteTold;
    // The replica may not have noticed yet.
    this.#isMuteTold = this.#mute !== null && report().state === "following";
    this.#mute = `the engine gives answers and takes nothing from this node: ${messageOf(error)}`;
    if (isNew && this.#isMuteTold) warn(this.#mute);
  }

  #checkClock(own: HeardReport): void {
    const skew = clockSkew(own) ?? 0;
    const isApart = Math.abs(skew) >= CLOCK_APART_MS;
    if (isApart && !this.#isApart) this.#tools.warn(`${skewText(skew)} the engine's: set it, as NTP does by itself`);
    this.#isApart = isApart;
  }
}

function skewText(skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return `This node's clock is ${seconds} s ${skewMs < 0 ? "behind" : "ahead of"}`;
}

function twinText(name: string): string {
  return `Another NANO runs as node "${name}" with this one's identity, so one of their state folders is a copy: ` +
    "stop one of them, or give one another fleet.name and restart it";
}

/** Reports as they are shown: how far each lags behind, and in what it differs from most. */
export function nodeViews(
  reports: readonly NodeReport[],
  { self, lagOf, skewOf }: {
    readonly self: string;
    readonly lagOf: (name: string) => number;
    readonly skewOf: (name: string) => number | null;
  },
): FleetNodeView[] {
  const head = headOf(reports);
  const config = mostFrequent(reports.map((one) => one.configFingerprint ?? ""));
  const version = mostFrequent(reports.map((one) => one.version));
  return reports.map((one): FleetNodeView => {
    const skew = skewOf(one.name);
    return {
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
      why: one.why ?? null,
      clockSkewMs: skew,
      appsUp: one.appsUp,
      filesComing: one.filesComing ?? 0,
      failed: one.failed,
      config: one.configFingerprint,
      memoryBytes: one.memoryBytes,
      drift: [
        ...(one.configFingerprint ?? "") === config ? [] : ["nano.json" as const],
        ...one.version === version ? [] : ["version" as const],
        ...skew === null || Math.abs(skew) < CLOCK_APART_MS ? [] : ["clock" as const],
      ],
    };
  });
}

/** Of two that are as frequent, the first by the alphabet: all nodes see the same one as different. */
function mostFrequent(texts: readonly string[]): string | null {
  const counts = Map.groupBy(texts, (text) => text);
  const [first] = [...counts].sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1));
  return first?.[0] ?? null;
}
