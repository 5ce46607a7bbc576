/** A node of the simulator: NANO's own replica, proposer and membership, over pretended boots. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Clock } from "../../runtime/clock.ts";
import { NanoError } from "../../runtime/errors.ts";
import { appOfKey, type AppRecord } from "../../runtime/fleet/app_record.ts";
import { cronTurn } from "../../runtime/fleet/cron_turn.ts";
import { PlanAgain } from "../../runtime/fleet/fleet_gate.ts";
import type { FleetStore, NodeReport } from "../../runtime/fleet/fleet_store.ts";
import { Membership } from "../../runtime/fleet/membership.ts";
import { NodeChanges } from "../../runtime/fleet/node_changes.ts";
import { oneByOne } from "../../runtime/fleet/pacing.ts";
import { Proposer, recordBefore } from "../../runtime/fleet/proposer.ts";
import { Replica } from "../../runtime/fleet/replica.ts";
import { type NewsOfApp, Unfetched } from "../../runtime/fleet/replica_tools.ts";
import { type FleetDatabase, FleetRows } from "../../runtime/store/fleet_rows.ts";
import type { StateRow } from "../../runtime/store/state_database.ts";
import type { SeededRandom } from "../support/seeded_random.ts";

/** As runtime/fleet/fleet.ts has it. */
const PULL_MS = 5_000;
const PLAN_AGAIN_MS = 30_000;
const BOOT_MS = 2_000;

/** What a code says that starts on some nodes only. */
const PICKY = "starts only on ";

/** What survives a node's death: its disk. */
export class SimDisk {
  readonly #sqlite = new DatabaseSync(":memory:");
  readonly database: FleetDatabase;
  /** What serves, by app: the code. */
  readonly force = new Map<string, string>();
  /** Digests of archives. */
  readonly shelf = new Set<string>();

  constructor() {
    const sqlite = this.#sqlite;
    const prepared = new Map<string, StatementSync>();
    const statement = (sql: string) => prepared.get(sql) ?? prepared.set(sql, sqlite.prepare(sql)).get(sql)!;
    const run = (sql: string, ...values: readonly (string | number | null)[]) =>
      Number(statement(sql).run(...values).changes);
    this.database = {
      rows: (sql, ...values) => statement(sql).all(...values) as StateRow[],
      run,
      transaction(write) {
        run("BEGIN");
        const result = write();
        run("COMMIT");
        return result;
      },
    };
  }

  close(): void {
    this.#sqlite.close();
  }
}

/** What a node is made of. */
export interface SimNodeTools {
  readonly name: string;
  readonly disk: SimDisk;
  readonly store: FleetStore;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly isOneByOne: boolean;
  readonly role: "full" | "serve";
  readonly note: (text: () => string) => void;
  /** Told of each code that is put in force. */
  readonly onForce: (app: string, code: string | null, revision: number) => void;
}

/** One life of a node, from its start to its death. */
export class SimNode {
  readonly replica: Replica;
  readonly rows: FleetRows;
  readonly #tools: SimNodeTools;
  readonly #changes: NodeChanges;
  readonly #membership: Membership;
  readonly #instance = crypto.randomUUID();
  #queue: Promise<unknown> = Promise.resolve();
  #cancel: (() => void) | null = null;

  constructor(tools: SimNodeTools) {
    this.#tools = tools;
    const { clock, disk, name, random, role, store } = tools;
    const rows = this.rows = new FleetRows(disk.database);
    const pacing = { store, clock, name, holder: rows.node, nodes: () => this.#membership.look() };
    const apply = (news: NewsOfApp) => this.#follow([news]);
    const applyAll = (all: readonly NewsOfApp[]) => this.#follow(all);
    this.replica = new Replica({
      store,
      rows,
      clock,
      isReader: role === "serve",
      keptApps: () => [...disk.force.keys()],
      ...tools.isOneByOne ? { apply: oneByOne(apply, { ...pacing, warn: () => {} }) } : { apply, applyAll },
      offer: async ({ versions }) => {
        for (const { digest } of versions) if (disk.shelf.has(digest)) await store.putBlob(digest, stream(digest));
      },
      onState: (state, why) => {
        this.#changes.isOffline(state === "offline");
        tools.note(() => `${name} is ${state}: ${why}`);
      },
      onFailed: (app, revision, error) => {
        tools.note(() => `${name} cannot start ${app} at ${revision}: ${error}`);
        void this.#membership.announce().catch(() => {});
      },
      onRepaired: (count) => tools.note(() => `${name} wrote ${count} records again`),
    });
    this.#changes = new NodeChanges({
      clock,
      config: { role },
      state: { fleet: rows },
      replica: this.replica,
      proposer: new Proposer({
        isPlain: () => null,
        store,
        rows,
        clock,
        node: name,
        random: () => random.below(1_000) / 1_000,
        onUnseen: () => this.replica.comparison.soon(),
      }),
      files: {
        give: async (app, version, { digest }) => {
          disk.shelf.add(digest);
          rows.setDigest(app, version, digest);
          await store.putBlob(digest, stream(digest));
        },
      },
      others: () => this.#membership,
      pull: () => this.#pull(),
    });
    this.#membership = new Membership({
      store,
      clock,
      name,
      holder: rows.node,
      report: () => this.#report(),
      warn: () => {},
    });
  }

  begin(): void {
    this.#tools.store.onChange(() => void this.#pull());
    void this.#membership.beat();
    void this.#pull();
  }

  /** As `ChangeDesk.change`. @returns the version that the code has */
  async deploy(app: string, code: string): Promise<string> {
    const { clock } = this.#tools;
    const until = clock.now() + PLAN_AGAIN_MS;
    for (;;) {
      await this.#changes.ready(`deploy ${code}`);
      try {
        return await this.#queued(() => this.#deployOnce(app, code));
      } catch (error) {
        if (!(error instanceof PlanAgain)) throw error;
        if (clock.now() >= until) throw new NanoError("FLEET_UNAVAILABLE", `${error.message} all the time`);
      }
    }
  }

  /** Whether a job that is due runs here. */
  cronTurn(dueAt: number): Promise<boolean> {
    const { clock, name, store } = this.#tools;
    const nodes = () => this.#membership.known.map((one) => one.name);
    return cronTurn({ app: "a", name: "job", dueAt }, {
      store,
      clock,
      engineTime: () => this.#membership.engineTime(),
      node: name,
      nodes,
      alone: "skip",
      warn: () => {},
    });
  }

  async #deployOnce(app: string, code: string): Promise<string> {
    const { disk, random } = this.#tools;
    const { last, versions: before } = recordBefore(app, this.rows);
    const version = `v${last + 1}`;
    const made = { version, createdAt: 0, bytes: 1, files: 1, note: code, actor: "sim", previewHost: null };
    const versions = [made, ...before.map(({ digest: _digest, ...one }) => one)];
    const row = { entry: { name: app }, patch: null, hides: null, activeVersion: version };
    const expected = this.replica.revision;
    await this.#boot(code, random.below(BOOT_MS));
    const held = await this.#changes.propose({
      app,
      row: { ...row, previousVersion: null, rollout: null },
      versions,
      by: { actor: "sim", action: "version.deploy", detail: code, at: 0 },
      expected,
      archive: { path: code, digest: digestOf(code) },
    });
    disk.force.set(app, code);
    this.rows.put(held);
    this.#tools.onForce(app, code, held.revision);
    this.replica.kept(held);
    void this.#membership.announce().catch(() => {});
    return version;
  }

  async #follow(all: readonly NewsOfApp[]): Promise<void> {
    const { disk, random } = this.#tools;
    for (const { held, record } of all) await this.#bring(appOfKey(held.key)!, record);
    await this.#queued(async () => {
      const news = all.filter(({ isNews }) => isNews());
      for (const { record } of news) {
        if (codeOf(record) !== null) await this.#boot(codeOf(record)!, random.below(BOOT_MS));
      }
      for (const { held, record } of news) {
        const app = appOfKey(held.key)!;
        const code = codeOf(record);
        if (code === null) disk.force.delete(app);
        else disk.force.set(app, code);
        this.rows.put(held);
        this.#tools.onForce(app, code, held.revision);
      }
    });
  }

  async #bring(app: string, { versions }: AppRecord): Promise<void> {
    const { disk, store } = this.#tools;
    for (const { version, digest } of versions) {
      if (!disk.shelf.has(digest)) {
        const found = await store.getBlob(digest).catch((error) => {
          throw new Unfetched(error.message);
        });
        if (found === null) throw new Unfetched(`the engine does not have ${digest}`);
        await found.cancel();
        disk.shelf.add(digest);
      }
      this.rows.setDigest(app, version, digest);
    }
  }

  async #boot(code: string, ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.#tools.clock.after(ms, resolve));
    if (code.includes("never starts") || (code.includes(PICKY) && !code.includes(PICKY + this.#tools.name))) {
      throw new NanoError("CONFIG_INVALID", `"${code}" does not start here`);
    }
  }

  #queued<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }

  /** As `Fleet`. */
  async #pull(): Promise<void> {
    this.#cancel?.();
    const before = this.replica.revision;
    await this.replica.pull();
    if (this.replica.state === "following") await this.replica.retry();
    if (this.replica.revision !== before) void this.#membership.announce().catch(() => {});
    this.#cancel?.();
    this.#cancel = this.#tools.clock.after(
      PULL_MS * (0.8 + this.#tools.random.below(400) / 1_000),
      () => void this.#pull(),
    );
  }

  #report(): NodeReport {
    const { name, role } = this.#tools;
    const { epoch, failures, revision, state } = this.replica;
    return {
      ...{
        name,
        instance: this.#instance,
        at: this.#tools.clock.wall(),
        role,
        epoch,
        revision,
        state,
        failed: failures.list(),
      },
      ...{ address: null, version: "0.0.0", startedAt: 0, appsUp: 0, configFingerprint: null, memoryBytes: 0 },
    };
  }
}

/** A code that starts on one node only. */
export function picky(code: string, node: string): string {
  return `${code} ${PICKY}${node}`;
}

/** An archive is not checked here: that is `VersionFiles`' work. */
function digestOf(code: string): string {
  return code;
}

function stream(digest: string): ReadableStream<Uint8Array> {
  return ReadableStream.from([new TextEncoder().encode(digest)]);
}

/** What is in force by a record; null: nothing. */
function codeOf({ versions }: AppRecord): string | null {
  return versions[0]?.note ?? null;
}
