/** Writes a nano.json with its apps into a temporary folder, and removes it at the end. */
import { fromFileUrl, REPO } from "./repo.ts";

/** Files of one app: a path inside its folder, and the text. */
export type AppFiles = Readonly<Record<string, string>>;

/** An app of a temporary project: its settings in nano.json, and where its code comes from. */
export interface TempApp {
  /** Files to write; one text alone becomes `index.ts`. */
  readonly files?: AppFiles | string;
  /** Name of a folder under tests/fixtures/apps/ to serve in place, instead of files. */
  readonly fixture?: string;
  /** Any key of an app in nano.json, `path` excepted. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Keys of nano.json that leave the reserve as it is for everybody. */
export const RESERVE = { spare_isolates: undefined };

/** `NANO_ISOLATION=process deno task test FILE` runs a test's apps as processes of their own, unless they say otherwise. */
const ISOLATION = Deno.env.get("NANO_ISOLATION");

/** For what is still being written there. */
const REMOVE_MS = 10_000;

/** A temporary folder with nano.json and `apps/<name>/`. */
export class TempProject implements AsyncDisposable {
  readonly dir: string;
  #config: Record<string, unknown>;
  #apps = new Map<string, Record<string, unknown>>();

  private constructor(dir: string, config: Readonly<Record<string, unknown>>) {
    this.dir = dir;
    const defaults = ISOLATION === undefined ? {} : { defaults: { isolation: ISOLATION } };
    this.#config = { ...defaults, ...config };
    if (ISOLATION === undefined || config["defaults"] === undefined) return;
    this.#config["defaults"] = { isolation: ISOLATION, ...config["defaults"] };
  }

  /** The public port that nano.json names; 0 lets the host choose. */
  get port(): number {
    return Number(this.#config["port"]);
  }

  /** Path of nano.json. */
  get configFile(): string {
    return `${this.dir}/nano.json`;
  }

  /**
   * Writes a project: public listener and admin listener on free ports of 127.0.0.1, unless `config` says otherwise.
   * No isolates are kept in reserve: two for each NANO that a test starts cost a third of its CPU. Tests of the reserve,
   * of reloads under load and of ends ask for them: `RESERVE`.
   * @param apps by name
   * @param config top-level keys of nano.json
   */
  static async create(
    apps: Readonly<Record<string, TempApp>>,
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<TempProject> {
    const listeners = { hostname: "127.0.0.1", port: 0, admin: { hostname: "127.0.0.1", port: 0 } };
    const project = new TempProject(await Deno.makeTempDir({ prefix: "nano-test-" }), {
      ...listeners,
      spare_isolates: 0,
      ...config,
    });
    for (const [name, app] of Object.entries(apps)) await project.#addApp(name, app);
    await project.writeConfig();
    return project;
  }

  /** Adds an app, or replaces its settings and files, and writes nano.json. */
  async setApp(name: string, app: TempApp): Promise<void> {
    await this.#addApp(name, app);
    await this.writeConfig();
  }

  /** Takes an app out of nano.json; its files stay. */
  async removeApp(name: string): Promise<void> {
    this.#apps.delete(name);
    await this.writeConfig();
  }

  /** Writes one file of an app; nano.json stays as it is. */
  async writeFile(app: string, path: string, text: string): Promise<void> {
    const file = `${this.dir}/apps/${app}/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await replaceFile(file, text);
  }

  /** Writes nano.json, with more top-level keys merged in when given. */
  async writeConfig(changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
    Object.assign(this.#config, changes);
    const document = { ...this.#config, apps: [...this.#apps.values()] };
    await replaceFile(this.configFile, JSON.stringify(document, null, 2));
  }

  /** Writes any text in the place of nano.json, broken JSON too. */
  writeRawConfig(text: string): Promise<void> {
    return replaceFile(this.configFile, text);
  }

  /** What ends with NANO may write its last file meanwhile, as SQLite does when it closes one. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const deadline = Date.now() + REMOVE_MS;;) {
      try {
        return await Deno.remove(this.dir, { recursive: true });
      } catch (error) {
        if ((error as { code?: string }).code !== "ENOTEMPTY" || Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async #addApp(name: string, { files, fixture, config }: TempApp): Promise<void> {
    const path = fixture ? fromFileUrl(new URL(`tests/fixtures/apps/${fixture}`, REPO)) : `./apps/${name}`;
    const texts = typeof files === "string" ? { "index.ts": files } : files ?? {};
    for (const [file, text] of Object.entries(texts)) await this.writeFile(name, file, text);
    this.#apps.set(name, { name, path, ...config });
  }
}

/** Writes beside and renames, as editors do: a watcher never sees half a file. */
async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${crypto.randomUUID()}.tmp`;
  await Deno.writeTextFile(draft, text);
  await Deno.rename(draft, file);
}
