/** A project and a NANO in this process whose apps are changed while it runs. */
import { assert } from "@std/assert";
import {
  type ChangeRequest,
  type DeployRequest,
  type ErrorCode,
  loadConfig,
  Nano,
  NanoError,
  type NanoEvent,
  type NanoListener,
  type NanoOptions,
  type Operations,
  type ReloadSummary,
  type VersionView,
} from "../../../runtime/mod.ts";
import { rawZip } from "../../support/raw_zip.ts";
import { type AppFiles, type TempApp, TempProject } from "../../support/temp_project.ts";
import { warmBundles } from "../../support/warm_bundles.ts";

/** Whoever asks in these tests. */
export const BY: ChangeRequest = { actor: "test", ifMatch: null };

/** An app whose answer is one text. */
export function saying(text: string): string {
  return `export default { fetch: () => new Response(${JSON.stringify(text)}) };\n`;
}

/** A zip archive of these files; one text alone is `index.ts`. */
export function archiveOf(files: AppFiles | string): ReadableStream<Uint8Array> {
  const texts = typeof files === "string" ? { "index.ts": files } : files;
  return ReadableStream.from([rawZip(Object.entries(texts).map(([name, content]) => ({ name, content })))]);
}

/** The error that a call must end with. */
export async function refusalOf(code: ErrorCode, call: () => Promise<unknown>): Promise<NanoError> {
  try {
    await call();
  } catch (error) {
    assert(error instanceof NanoError, `Expected a NanoError, got ${Deno.inspect(error)}`);
    assert(error.code === code, `Expected ${code}, got ${error.code}: ${error.message}`);
    return error;
  }
  throw new Error(`Expected ${code}, but it was accepted`);
}

/** How a scene starts its NANO. */
export type SceneOptions = Pick<NanoOptions, "watch">;

/** A running NANO with its project. */
export class OperateScene implements AsyncDisposable {
  readonly project: TempProject;
  /** Everything that was told, of all NANOs of this scene. */
  readonly events: NanoEvent[] = [];
  /** Everything that was logged. */
  log = "";
  readonly #options: SceneOptions;
  readonly #client = Deno.createHttpClient({ allowHost: true });
  readonly #waiting = new Set<NanoListener>();
  #nano: Nano | null = null;

  private constructor(project: TempProject, options: SceneOptions) {
    this.project = project;
    this.#options = options;
  }

  /** A project with these apps, served. */
  static async create(
    apps: Readonly<Record<string, TempApp | string>>,
    options: SceneOptions & { readonly config?: Readonly<Record<string, unknown>> } = {},
  ): Promise<OperateScene> {
    const whole = Object.entries(apps).map(([name, app]) => [name, typeof app === "string" ? { files: app } : app]);
    const project = await TempProject.create(Object.fromEntries(whole), { admin: false, ...options.config });
    const scene = new OperateScene(project, options);
    try {
      await scene.start();
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
    return scene;
  }

  get nano(): Nano {
    if (this.#nano === null) throw new Error("NANO does not run");
    return this.#nano;
  }

  get operations(): Operations {
    return this.nano.operations;
  }

  get stateDir(): string {
    return `${this.project.dir}/.nano`;
  }

  /** Starts NANO on what the project's folder holds. */
  async start(): Promise<void> {
    const { configFile } = this.project;
    await warmBundles(configFile);
    this.#nano = await Nano.start(await loadConfig(configFile), {
      ...this.#options,
      reloadConfig: (layers) => loadConfig(configFile, { layers }),
      write: (text) => this.log += text,
    });
    this.#nano.events.listen((event) => {
      this.events.push(event);
      for (const waiting of this.#waiting) waiting(event);
    });
  }

  /** Ends NANO and starts another one on the same state. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#nano?.drain();
    this.#nano = null;
  }

  /** Reloads, and waits until what it removed has gone. */
  async reload(): Promise<ReloadSummary> {
    const from = this.events.length;
    const summary = await this.operations.reload(BY);
    for (const name of summary.removed) {
      const isEnd = (event: NanoEvent) => event.event === "app_removed" && event.app === name;
      if (!this.events.slice(from).some(isEnd)) await this.event("app_removed", isEnd);
    }
    return summary;
  }

  /** A request under a host name. */
  fetch(host: string, path = "/", init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("host", host);
    return fetch(new URL(path, this.nano.url), { ...init, headers, client: this.#client });
  }

  /** The body of a 200; of anything else its status and code. */
  async text(host: string, path = "/"): Promise<string> {
    const response = await this.fetch(host, path);
    const body = await response.text();
    return response.status === 200 ? body : `${response.status} ${response.headers.get("nano-error") ?? body}`;
  }

  /** Deploys files as a zip. */
  deploy(app: string, files: AppFiles | string, how: Partial<DeployRequest> = {}): Promise<VersionView> {
    return this.operations.versions.deploy(app, archiveOf(files), {
      ...BY,
      create: null,
      target: "all",
      note: "",
      ...how,
    });
  }

  /** The first event from now on that fits. */
  async event<E extends NanoEvent["event"]>(
    name: E,
    fits: (event: Extract<NanoEvent, { event: E }>) => boolean = () => true,
    timeoutMs = 120_000,
  ): Promise<Extract<NanoEvent, { event: E }>> {
    const { promise, resolve, reject } = Promise.withResolvers<Extract<NanoEvent, { event: E }>>();
    const listener: NanoListener = (event) => {
      if (event.event === name && fits(event as Extract<NanoEvent, { event: E }>)) resolve(event as never);
    };
    this.#waiting.add(listener);
    const timer = setTimeout(() => reject(new Error(`No event "${name}" came in ${timeoutMs} ms`)), timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(listener);
    }
  }

  /** Names and states of all apps. */
  states(): Record<string, string> {
    return Object.fromEntries(this.nano.apps().map(({ name, state }) => [name, state]));
  }

  /** The newest entries of the history, newest first, as `[action, app, error]`. */
  recent(limit: number): (readonly [string, string | null, string | null])[] {
    return this.operations.history({ app: null, before: null, limit })
      .map(({ action, app, error }) => [action, app, error] as const);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#client.close();
    await this.project[Symbol.asyncDispose]();
  }
}
