/** A node of a fleet: follows the others' changes, gives its own a place, tells of itself. */
import { messageOf, NanoError } from "../errors.ts";
import type { FleetView } from "../terms/fleet_operations.ts";
import { ArchiveShelf } from "../store/archive_shelf.ts";
import type { HeldRecord } from "../store/fleet_rows.ts";
import { appKey, type AppRecord } from "./app_record.ts";
import { ArchiveSweep } from "./archive_sweep.ts";
import type { ComingFiles } from "./coming_files.ts";
import { cronTurn, type DueJob } from "./cron_turn.ts";
import type { FleetNode, Proposal } from "./fleet_gate.ts";
import type { FleetHead, FleetState, NodeReport } from "./fleet_store.ts";
import type { FleetTools } from "./fleet_tools.ts";
import { recordsToFound } from "./founding.ts";
import { Membership, nodeViews } from "./membership.ts";
import { engineRefusal, NodeChanges } from "./node_changes.ts";
import { ownReport } from "./own_report.ts";
import { oneByOne } from "./pacing.ts";
import { Proposer } from "./proposer.ts";
import { pullDelayMs } from "./pull_delay.ts";
import { Replica } from "./replica.ts";
import { VersionFiles } from "./version_files.ts";

/** A node. */
export class Fleet implements FleetNode, AsyncDisposable {
  readonly replica: Replica;
  readonly membership: Membership;
  readonly #tools: FleetTools;
  readonly #files: VersionFiles;
  readonly #proposer: Proposer;
  readonly #changes: NodeChanges;
  readonly name: string;
  #hints: Disposable | null = null;
  #cancel: (() => void) | null = null;
  #isEnded = false;
  #hasPulled = false;
  readonly #sweep: ArchiveSweep;
  readonly #openedAt: number;
  /** Differs between processes, also of one state folder and its copy. */
  readonly #instance = crypto.randomUUID();
  repaired = 0;
  pullSeconds = 0;

  constructor(tools: FleetTools) {
    const { engine: store, state, clock, config, emit } = tools;
    this.#tools = tools;
    this.#openedAt = clock.now();
    this.name = config.name ?? state.fleet.node;
    const shelf = new ArchiveShelf(tools.stateDir);
    this.#files = new VersionFiles({
      ...{ store, rows: state.fleet, shelf, folders: tools.folders, clock },
      onCame: (app, how) => tools.onCame(app, how),
    });
    this.#files.expectMissing(state.allVersions());
    this.#sweep = new ArchiveSweep({
      ...{ store, rows: state.fleet, shelf, clock },
      maySweepEngine: () => this.replica.state === "following" && config.role !== "serve",
      holder: this.#instance,
      warn: (error) => this.#warn(error),
    });
    const onUnseen = () => this.replica.comparison.soon();
    const isPlain = (app: string, version: string) => this.#files.isPlain(app, version);
    this.#proposer = new Proposer({ store, rows: state.fleet, clock, node: this.name, isPlain, onUnseen });
    const follower = tools.follower(this.#files);
    const nodes = () => this.membership.look();
    const warn = (text: string) => emit({ event: "warning", text });
    const pacing = { store, clock, name: this.name, holder: this.#instance, nodes, warn };
    this.replica = new Replica({
      store,
      rows: state.fleet,
      clock,
      isReader: config.role === "serve",
      keptApps: tools.keptApps,
      ...config.oneByOne ? { apply: oneByOne(follower.apply, pacing) } : follower,
      offer: (record) => this.#files.offer(record),
      onState: (next, why) => this.#onState(next, why),
      onFailed: (app, revision, error) => {
        emit({ event: "fleet_app_failed", app, revision, error });
        void this.#announce();
      },
      onRepaired: (records) => {
        this.repaired += records;
        emit({ event: "fleet_repaired", records });
      },
    });
    this.#changes = new NodeChanges({
      ...tools,
      replica: this.replica,
      proposer: this.#proposer,
      files: this.#files,
      others: () => this.membership,
      pull: () => this.#pull(),
    });
    this.membership = new Membership({
      store,
      clock,
      name: this.name,
      holder: state.fleet.node,
      report: () => this.#report(),
      warn,
    });
  }

  /** Whether the node knows what the fleet serves, or has waited long enough for it: what it lacks it would not find. */
  get isHeard(): boolean {
    if (this.#hasPulled || this.replica.isJoining) return this.#hasPulled;
    return this.#tools.clock.now() - this.#openedAt >= this.#tools.config.startTimeoutMs;
  }

  get state(): FleetState | "refused" {
    return this.membership.refusal === null ? this.replica.state : "refused";
  }

  get revision(): number {
    return this.replica.revision;
  }

  get conflicts(): number {
    return this.#proposer.conflicts;
  }

  /** Begins to follow; never rejects. */
  async begin(): Promise<void> {
    await this.#sweep.run();
    this.#hints = this.#tools.engine.onChange(() => void this.#pull());
    await this.membership.begin();
    await this.#pull();
    // A node that joins is to know all of its apps first: both need the disk.
    this.coming.begin();
  }

  ready(verb: string): Promise<void> {
    return this.#changes.ready(verb);
  }

  ahead(app: string): AppRecord | null {
    return this.#changes.ahead(app);
  }

  revisionOf(app: string): number | null {
    return this.replica.held(appKey(app))?.revision ?? null;
  }

  lastVersion(app: string): number {
    return this.#changes.lastVersion(app);
  }

  propose(proposal: Proposal): Promise<HeldRecord> {
    return this.#changes.propose(proposal);
  }

  /** Files that are on their way here. */
  get coming(): ComingFiles {
    return this.#files.coming;
  }

  kept(record: HeldRecord): void {
    this.replica.kept(record);
    void this.#announce();
  }

  /** Whether a due job runs here. */
  cronTurn(job: DueJob): Promise<boolean> {
    const { clock, config, emit, engine: store } = this.#tools;
    // What it serves may be old, and who has its name runs them.
    if (this.membership.refusal !== null) return Promise.resolve(false);
    return cronTurn(job, {
      store,
      clock,
      engineTime: () => this.membership.engineTime(),
      node: this.name,
      nodes: () => this.membership.known.map(({ name }) => name),
      alone: config.cronsAlone,
      warn: (text) => emit({ event: "warning", text }),
    });
  }

  async found(replace: boolean, verb: string): Promise<void> {
    const { keptApps, state } = this.#tools;
    this.#changes.checkRole(verb);
    const head = await this.#head(verb);
    if (head.epoch !== null && !replace) {
      throw new NanoError("CONFLICT", `Cannot ${verb}: there is a fleet already, which --replace would end`);
    }
    const added = await recordsToFound(keptApps(), { state, files: this.#files });
    const isFounded = await this.replica.found(added, head.epoch).catch((error) => {
      throw engineRefusal(verb, error);
    });
    if (!isFounded) throw new NanoError("CONFLICT", `Cannot ${verb}: another node was quicker`);
    await this.#announce();
  }

  /** Follows the engine's fleet from now on. @throws {NanoError} CONFLICT, FLEET_UNAVAILABLE */
  async join(replace: boolean, verb: string): Promise<void> {
    if (!replace && this.#tools.keptApps().length > 0) {
      throw new NanoError("CONFLICT", `Cannot ${verb}: this node has apps of its own, which --replace gives up`);
    }
    const { epoch } = await this.#head(verb);
    if (epoch === null) {
      throw new NanoError("CONFLICT", `Cannot ${verb}: there is none yet; nano fleet found makes one`);
    }
    await this.replica.adopt();
    await this.#announce();
  }

  async retry(): Promise<void> {
    this.coming.retry();
    await this.#pull();
    await this.replica.retry({ all: true });
    await this.#announce();
  }

  async view(): Promise<FleetView> {
    return this.#view(await this.membership.lookSoon());
  }

  /** What is known without asking. */
  get lastView(): FleetView {
    return this.#view(this.replica.state !== "offline");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnded = true;
    this.#changes.end();
    this.#cancel?.();
    this.#hints?.[Symbol.dispose]();
    this.coming[Symbol.dispose]();
    this.membership[Symbol.dispose]();
    await this.replica.close();
    await this.#tools.engine[Symbol.asyncDispose]();
  }

  #view(isComplete: boolean): FleetView {
    const { replica, name, membership } = this;
    return {
      node: name,
      state: this.state,
      why: membership.refusal ?? replica.why ?? membership.mute,
      epoch: replica.epoch,
      revision: replica.revision,
      engine: this.#tools.config.engine.kind,
      isComplete,
      nodes: nodeViews(isComplete ? membership.known : [this.#report()], {
        self: name,
        lagOf: (node) => membership.lagOf(node),
        skewOf: (node) => membership.skewOf(node),
      }),
    };
  }

  async #pull(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    if (this.membership.refusal !== null || this.#isEnded) return this.#pullLater();
    const { clock } = this.#tools;
    const [from, before] = [clock.now(), this.replica.revision];
    await this.replica.pull();
    this.pullSeconds = (clock.now() - from) / 1000;
    this.#hasPulled ||= this.replica.state !== "offline";
    if (this.replica.state === "following") await this.replica.retry().catch((error) => this.#warn(error));
    if (this.replica.revision !== before) void this.#announce();
    this.#sweep.runIfDue();
    this.#pullLater();
  }

  #pullLater(): void {
    this.#cancel?.();
    if (this.#isEnded) return;
    this.#cancel = this.#tools.clock.after(pullDelayMs(this.replica.state), () => void this.#pull());
  }

  #report(): NodeReport {
    const { name, replica, coming } = this;
    const at = this.#tools.clock.wall();
    return ownReport({ ...this.#tools, name, instance: this.#instance, at, replica, coming });
  }

  async #announce(): Promise<void> {
    // The next beat tells it.
    await this.membership.announce().catch(() => {});
  }

  #onState(state: FleetState, why: string | null): void {
    this.#changes.isOffline(state === "offline");
    this.#tools.emit({ event: "fleet_state", state, why, revision: this.replica.revision });
    void this.#announce();
  }

  #head(verb: string): Promise<FleetHead> {
    return this.#tools.engine.head().catch((error) => {
      throw engineRefusal(verb, error);
    });
  }

  #warn(error: unknown): void {
    this.#tools.emit({ event: "warning", text: messageOf(error) });
  }
}
