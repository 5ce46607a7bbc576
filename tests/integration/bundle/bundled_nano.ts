/** Runs the apps of a temporary project in this process and keeps the log. */

import { loadConfig, Nano, type NanoEvent } from "../../../runtime/mod.ts";
import { TempProject } from "../../support/temp_project.ts";
import { warmBundles } from "../../support/warm_bundles.ts";

type Files = Readonly<Record<string, string | Uint8Array>>;

/** A running NANO with one app, `app`, that gets every request. */
export class BundledNano implements AsyncDisposable {
  readonly events: NanoEvent[] = [];
  readonly #project: TempProject;
  readonly #nano: Nano;
  readonly #waiters = new Set<(event: NanoEvent) => void>();

  private constructor(project: TempProject, nano: Nano) {
    this.#project = project;
    this.#nano = nano;
  }

  /** Starts it; what the app logs while it starts is in the log's lines. */
  static async start(files: Files, lines: string[] = []): Promise<BundledNano> {
    const texts = Object.entries(files).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    const apps = { app: { files: Object.fromEntries(texts) } };
    const project = await TempProject.create(apps, { default_app: "app", admin: false });
    try {
      for (const [name, bytes] of Object.entries(files)) {
        if (typeof bytes !== "string") await Deno.writeFile(`${project.dir}/apps/app/${name}`, bytes);
      }
      await warmBundles(project.configFile);
      const nano = await Nano.start(await loadConfig(project.configFile), { write: (text) => lines.push(text) });
      const bundled = new BundledNano(project, nano);
      nano.events.listen((event) => {
        bundled.events.push(event);
        for (const waiter of bundled.#waiters) waiter(event);
      });
      return bundled;
    } catch (error) {
      await project[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Answers of the app. */
  async get(path: string): Promise<{ status: number; text: string }> {
    const response = await this.fetch(path);
    return { status: response.status, text: await response.text() };
  }

  /** The same, whole. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(new URL(path, this.#nano.url), init);
  }

  /** Where a WebSocket of the app is opened. */
  socketUrl(path: string): string {
    return new URL(path, this.#nano.url).href.replace(/^http/, "ws");
  }

  /** The text of the first line of the app's log that holds `part`, within 20 s. */
  async logged(part: string): Promise<string> {
    const found = Promise.withResolvers<string>();
    const look = (event: NanoEvent) => {
      if (event.event === "app_log" && event.text.includes(part)) found.resolve(event.text);
    };
    this.#waiters.add(look);
    this.events.forEach(look);
    const timer = setTimeout(() => found.reject(new Error(`No log line has "${part}"`)), 120_000);
    try {
      return await found.promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(look);
    }
  }

  /** Why the app cannot start; null if it does. */
  failure(): string | null {
    return this.#nano.apps()[0]?.error ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nano[Symbol.asyncDispose]();
    await this.#project[Symbol.asyncDispose]();
  }
}
