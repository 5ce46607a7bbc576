/** Nodes of a fleet as processes, over a true engine. */
import { AdminClient } from "../../../admin/client/client.ts";
import type { FleetAnswer } from "../../../admin/schemas/fleet_schemas.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { rawZip } from "../../support/raw_zip.ts";
import { MemoryIo, type Ran, run } from "../../unit/admin/cli/memory_io.ts";
import { natsEngine, type SceneEngine } from "./scene_engine.ts";

/** Bounds a hang only: on a busy machine a boot takes seconds. */
const UNTIL_MS = 90_000;

/** A node. */
export interface Node {
  readonly name: string;
  readonly dir: string;
  /** Folder of another NANO that it is started from; null for this one. */
  sources: string | null;
  process: NanoProcess | null;
}

/** How a scene begins. */
export interface SceneOptions {
  /** Keys of nano.json by node. */
  readonly config?: (name: string) => Readonly<Record<string, unknown>>;
  /** Default: a NATS server. */
  readonly engine?: () => Promise<SceneEngine>;
  /** Whether the first node founds the fleet and all follow it; default true. */
  readonly isFounded?: boolean;
}

/** What an app says that was deployed by {@linkcode FleetScene.deploy}. */
export function saying(text: string): string {
  return `export default { fetch: () => new Response(${JSON.stringify(text)}) };\n`;
}

/** Some nodes and their engine. */
export class FleetScene implements AsyncDisposable {
  readonly engine: SceneEngine;
  readonly nodes: readonly Node[];
  readonly #dir: string;
  /** All that ever were, those that were killed too. */
  readonly #processes: NanoProcess[] = [];

  private constructor(engine: SceneEngine, dir: string, count: number) {
    this.engine = engine;
    this.#dir = dir;
    this.nodes = Array.from(
      { length: count },
      (_, at) => ({ name: `n${at + 1}`, dir: `${dir}/n${at + 1}`, sources: null, process: null }),
    );
  }

  static async create(count: number, options: SceneOptions = {}): Promise<FleetScene> {
    const { config = () => ({}), isFounded = true } = options;
    const engine = await (options.engine ?? natsEngine)();
    const scene = new FleetScene(engine, await Deno.makeTempDir({ prefix: "nano-test-" }), count);
    try {
      for (const { name, dir } of scene.nodes) {
        await Deno.mkdir(dir);
        const { fleet = {}, ...keys }: Readonly<Record<string, unknown>> = config(name);
        const document = {
          hostname: "127.0.0.1",
          port: 0,
          admin: { port: 0, token: "token" },
          state_dir: "state",
          fleet: { ...engine.keys, name, ...fleet as object },
          ...keys,
        };
        await Deno.writeTextFile(`${dir}/nano.json`, JSON.stringify(document));
      }
      await Promise.all(scene.nodes.map((node) => scene.start(node)));
      if (isFounded) await scene.client(0).fleet.found();
      if (isFounded) await scene.untilStates("following");
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
    return scene;
  }

  async start(node: Node): Promise<void> {
    const { dir, sources } = node;
    const other = sources === null ? {} : { entry: new URL(`file://${sources}/admin/cli/main.ts`), cwd: sources };
    node.process = await NanoProcess.start(`${dir}/nano.json`, other);
    this.#processes.push(node.process);
  }

  /** Runs a command in a node's folder, as whoever is logged in there. */
  cli(at: number, ...args: string[]): Promise<Ran> {
    return run(args, new MemoryIo(this.nodes[at]!.dir));
  }

  /** SIGKILL. */
  async kill(node: Node): Promise<void> {
    await node.process?.[Symbol.asyncDispose]();
    node.process = null;
  }

  client(at: number): AdminClient {
    return new AdminClient({ url: this.nodes[at]!.process!.adminUrl!, token: "token" });
  }

  view(at: number): Promise<FleetAnswer> {
    return this.client(at).fleet.view();
  }

  /** How each node that runs stands to the fleet. */
  async states(): Promise<readonly string[]> {
    const running = this.nodes.flatMap((node, at) => node.process === null ? [] : [at]);
    return await Promise.all(running.map(async (at) => (await this.view(at)).state));
  }

  untilStates(wanted: string): Promise<void> {
    return this.until(`all are ${wanted}`, async () => (await this.states()).every((state) => state === wanted));
  }

  /** @param keys of the app, beside its host; left out, the app keeps those that it has */
  deploy(at: number, app: string, text: string, keys?: Readonly<Record<string, unknown>>) {
    const archive = ReadableStream.from([rawZip([{ name: "index.ts", content: text }])]);
    return this.client(at).deploy(app, archive, { create: true, hostnames: [`${app}.test`], ...keys && { keys } });
  }

  /** What an app has written to the log, on any node, in any of its lives. */
  logged(app: string): readonly string[] {
    return this.#processes.flatMap(({ events }) => events)
      .filter((one) => one.event === "app_log" && one["app"] === app).map((one) => String(one["text"]));
  }

  /** What each node that runs answers. */
  async answers(app: string): Promise<readonly string[]> {
    const running = this.nodes.flatMap(({ process }) => process === null ? [] : [process]);
    return await Promise.all(running.map(async (process) => await (await process.fetch(`${app}.test`)).text()));
  }

  /** Waits until all nodes that run answer so. */
  untilAll(app: string, text: string): Promise<void> {
    return this.until(`all say "${text}"`, async () => (await this.answers(app)).every((one) => one === text));
  }

  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const from = performance.now();
    while (!await isSo()) {
      if (performance.now() - from > UNTIL_MS) {
        const log = this.nodes.map(({ name, process }) => `${name}: ${JSON.stringify(process?.events.slice(-8))}`).join(
          "\n",
        );
        throw new Error(`Not so after ${UNTIL_MS} ms: ${what}\n${log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) await this.kill(node);
    await this.engine[Symbol.asyncDispose]();
    await Deno.remove(this.#dir, { recursive: true });
  }
}
