/** Some nodes of a fleet in one process: real state folders, units in the place of isolates, an engine in memory. */
import { MemoryEngine } from "../../runtime/fleet/memory_store.ts";
import type { DeployRequest, VersionView } from "../../runtime/terms/operations.ts";
import { ChangeBench } from "./change_bench.ts";
import { rawZip } from "./raw_zip.ts";

/** Whoever asks in these tests. */
export const BY = { actor: "test", ifMatch: null } as const;

/** A node; closing it is what a kill does to it, as far as its files are concerned. */
export class BenchNode {
  readonly name: string;
  readonly dir: string;
  readonly #engine: MemoryEngine;
  #bench: ChangeBench | null = null;

  constructor(name: string, dir: string, engine: MemoryEngine) {
    this.name = name;
    this.dir = dir;
    this.#engine = engine;
  }

  get bench(): ChangeBench {
    return this.#bench!;
  }

  get fleet() {
    return this.bench.fleet!;
  }

  get operator() {
    return this.bench.operator;
  }

  /** Writes nano.json. @param fleet keys beside the name */
  async write(apps: readonly unknown[] = [], fleet: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await Deno.mkdir(this.dir, { recursive: true });
    const document = {
      port: 0,
      admin: false,
      apps,
      fleet: { nats: ["nats://127.0.0.1:4222"], name: this.name, ...fleet },
    };
    await Deno.writeTextFile(`${this.dir}/nano.json`, JSON.stringify(document));
  }

  /** Starts, and waits for its first look at the fleet. */
  async open(): Promise<void> {
    this.#bench = await ChangeBench.open(`${this.dir}/nano.json`, this.#engine.open());
    await this.fleet.begin();
  }

  async close(): Promise<void> {
    const bench = this.#bench;
    this.#bench = null;
    await bench?.fleet?.[Symbol.asyncDispose]();
    await bench?.settled();
    bench?.[Symbol.dispose]();
  }

  deploy(app: string, text: string, how: Partial<DeployRequest> = {}): Promise<VersionView> {
    const archive = ReadableStream.from([rawZip([{ name: "index.ts", content: text }])]);
    const create = { hostnames: [] };
    return this.operator.versions.deploy(app, archive, { ...BY, create, target: "all", note: "", ...how });
  }

  /** What the app in force says, or null without one. */
  async says(app: string): Promise<string | null> {
    const found = this.bench.app(app);
    return found === null ? null : await Deno.readTextFile(`${found.path}/index.ts`);
  }

  /** Everything that is in force and kept, as it must be the same on all nodes. */
  async whole(): Promise<unknown> {
    const apps = this.bench.generations.present.config.apps.map(({ name }) => name).sort();
    const kept = this.bench.store.keptApps();
    const versions = this.bench.store.allVersions().map(({ actor: _actor, ...one }) => one);
    const says = await Promise.all(apps.map(async (app) => [app, await this.says(app)]));
    return { says, kept, versions };
  }
}

/** The nodes n1, n2 … */
export class FleetBench implements AsyncDisposable {
  readonly engine = new MemoryEngine();
  readonly nodes: readonly BenchNode[];
  readonly #dir: string;

  private constructor(dir: string, count: number) {
    this.#dir = dir;
    this.nodes = Array.from(
      { length: count },
      (_, at) => new BenchNode(`n${at + 1}`, `${dir}/n${at + 1}`, this.engine),
    );
  }

  /** @param founded whether the first one founds the fleet and the others join it */
  static async create(count = 3, { founded = true } = {}): Promise<FleetBench> {
    const bench = new FleetBench(await Deno.realPath(await Deno.makeTempDir({ prefix: "nano-test-" })), count);
    for (const node of bench.nodes) {
      await node.write();
      await node.open();
    }
    if (founded) await bench.nodes[0]!.operator.fleet!.found(BY);
    if (founded) await bench.pull();
    return bench;
  }

  /** All nodes look at the engine. */
  async pull(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.fleet.replica.pull()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) await node.close();
    await Deno.remove(this.#dir, { recursive: true });
  }
}
