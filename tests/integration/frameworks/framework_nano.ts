/** Runs apps that use packages of npm, each in both stream modes, after one installation for all of them. */

import { installDependencies } from "../../../runtime/bundle/install_dependencies.ts";
import { loadConfig, Nano, type NanoEvent } from "../../../runtime/mod.ts";
import { TempProject } from "../../support/temp_project.ts";
import { warmBundles } from "../../support/warm_bundles.ts";

/** The values of `streams`; every app here is started once with each, unless told. */
export const STREAM_MODES = ["native", "polyfill"] as const;

/** One of them. */
export type StreamMode = typeof STREAM_MODES[number];

/** The isolates' threads outlive a test's end by a moment, and Deno counts them as resources. */
export const WHOLE_SYSTEM = { sanitizeResources: false, sanitizeOps: false };

/** What {@linkcode FrameworkNano} runs. */
export interface FrameworkSetup {
  /** `dependencies` of package.json, with exact versions: a test is about a package as it was published once. */
  readonly packages: Readonly<Record<string, string>>;
  /** The apps by name: file name and source of the entry, and more keys of nano.json. */
  readonly apps: Readonly<
    Record<string, { readonly entry: string; readonly source: string; readonly config?: Record<string, unknown> }>
  >;
  /** The modes to start with, where the other shows nothing of its own. */
  readonly modes?: readonly StreamMode[];
  /** More files of the folder that all apps share. */
  readonly files?: Readonly<Record<string, string>>;
}

const FOLDER = "all";
const DEADLINE_MS = 120_000;

/** A running NANO with every app twice, each on a port of its own. */
export class FrameworkNano implements AsyncDisposable {
  readonly #project: TempProject;
  readonly #nano: Nano;
  readonly #logged: { readonly app: string; readonly text: string }[] = [];
  readonly #waiters = new Set<() => void>();

  private constructor(project: TempProject, nano: Nano) {
    this.#project = project;
    this.#nano = nano;
    nano.events.listen((event: NanoEvent) => {
      if (event.event !== "app_log") return;
      this.#logged.push(event);
      for (const waiter of this.#waiters) waiter();
    });
  }

  /**
   * Installs the packages as NANO does for an app, and starts the apps.
   * @throws Error when the packages cannot be had or an app does not start
   */
  static async start({ packages, apps, files = {}, modes = STREAM_MODES }: FrameworkSetup): Promise<FrameworkNano> {
    const project = await TempProject.create({}, { admin: false });
    try {
      const manifest = JSON.stringify({ dependencies: packages });
      for (const [path, text] of Object.entries({ ...files, "package.json": manifest })) {
        await project.writeFile(FOLDER, path, text);
      }
      // Once, before the apps that share the folder would all find that it lacks node_modules.
      const began = performance.now();
      await installDependencies(await Deno.realPath(`${project.dir}/apps/${FOLDER}`)).catch((cause) => {
        throw new Error("These tests need the npm registry that Deno is set up for", { cause });
      });
      const installed = performance.now();
      for (const [name, { entry, source, config }] of Object.entries(apps)) {
        await project.writeFile(FOLDER, entry, source);
        for (const streams of modes) {
          const written = { path: `./apps/${FOLDER}/${entry}`, port: 0, streams, ...config };
          await project.setApp(`${name}-${streams}`, { config: written });
        }
      }
      const lines: string[] = [];
      await warmBundles(project.configFile);
      const nano = await Nano.start(await loadConfig(project.configFile), { write: (text) => lines.push(text) });
      const running = new FrameworkNano(project, nano);
      const broken = nano.apps().filter(({ error }) => error !== null);
      if (broken.length > 0) {
        await nano[Symbol.asyncDispose]();
        throw new Error(broken.map(({ name, error }) => `App "${name}" does not start: ${error}`).join("\n"));
      }
      const started = performance.now();
      console.log(
        `installed in ${ms(installed - began)}, ${nano.apps().length} apps started in ${ms(started - installed)}`,
      );
      return running;
    } catch (error) {
      await project[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where an app is reached. */
  url(app: string, mode: StreamMode, path = "/"): URL {
    return new URL(path, `http://127.0.0.1:${this.#nano.ownPorts.get(`${app}-${mode}`)}`);
  }

  /** Gives an app other code: its old isolates have drained when this settles. */
  async rewrite(entry: string, source: string): Promise<void> {
    await this.#project.writeFile(FOLDER, entry, source);
    await this.#nano.reload();
  }

  /** The text of an answer; its status is expected to be 200 unless told otherwise. */
  async text(url: URL, init: RequestInit & { expect?: number } = {}): Promise<string> {
    const { expect = 200, ...rest } = init;
    const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS), redirect: "manual", ...rest });
    const text = await response.text();
    if (response.status !== expect) {
      throw new Error(
        `${url.pathname} answers ${response.status} instead of ${expect}: ${text.slice(0, 500)}${this.#said()}`,
      );
    }
    return text;
  }

  /** An answer as JSON. */
  async json(url: URL, init: RequestInit & { expect?: number } = {}): Promise<unknown> {
    return JSON.parse(await this.text(url, init));
  }

  /** Waits until the app has logged a text. */
  async logged(app: string, mode: StreamMode, text: string): Promise<void> {
    const found = Promise.withResolvers<void>();
    const look = () => {
      if (this.#logged.some((line) => line.app === `${app}-${mode}` && line.text.includes(text))) found.resolve();
    };
    this.#waiters.add(look);
    const timer = setTimeout(
      () => found.reject(new Error(`App "${app}-${mode}" does not log "${text}"${this.#said()}`)),
      DEADLINE_MS,
    );
    look();
    try {
      await found.promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(look);
    }
  }

  #said(): string {
    return this.#logged.map(({ app, text }) => `\n[${app}] ${text}`).slice(-20).join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nano[Symbol.asyncDispose]();
    await this.#project[Symbol.asyncDispose]();
  }
}

function ms(duration: number): string {
  return `${Math.round(duration)} ms`;
}
