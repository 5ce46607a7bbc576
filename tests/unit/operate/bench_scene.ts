/** A folder with nano.json and apps of one file, on a bench. */
import { assert } from "@std/assert";
import type { AppConfig } from "../../../runtime/config/resolved_config.ts";
import { type ErrorCode, NanoError } from "../../../runtime/errors.ts";
import type { Operator } from "../../../runtime/operate/operator.ts";
import type { ChangeRequest, DeployRequest, VersionView } from "../../../runtime/terms/operations.ts";
import { ChangeBench } from "../../support/change_bench.ts";
import { rawZip } from "../../support/raw_zip.ts";

/** Whoever asks in these tests. */
export const BY: ChangeRequest = { actor: "test", ifMatch: null };

type Apps = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The error that a call must end with. */
export async function refused(code: ErrorCode, call: () => Promise<unknown>): Promise<NanoError> {
  try {
    await call();
  } catch (error) {
    assert(error instanceof NanoError, `Expected a NanoError, got ${Deno.inspect(error)}`);
    assert(error.code === code, `Expected ${code}, got ${error.code}: ${error.message}`);
    return error;
  }
  throw new Error(`Expected ${code}, but it was accepted`);
}

/** A bench with its folder, which is removed at the end. */
export class BenchScene implements AsyncDisposable {
  readonly dir: string;
  #bench: ChangeBench | null = null;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** @param apps keys of their entries by name */
  static async create(apps: Apps, texts: Readonly<Record<string, string>> = {}): Promise<BenchScene> {
    const scene = new BenchScene(await Deno.realPath(await Deno.makeTempDir({ prefix: "nano-test-" })));
    await scene.write(apps, texts);
    await scene.restart();
    return scene;
  }

  get bench(): ChangeBench {
    return this.#bench!;
  }

  get operator(): Operator {
    return this.bench.operator;
  }

  /** Writes nano.json and each app's file, "fine" unless given. */
  async write(apps: Apps, texts: Readonly<Record<string, string>> = {}): Promise<void> {
    const entries = [];
    for (const [name, keys] of Object.entries(apps)) {
      await Deno.mkdir(`${this.dir}/apps/${name}`, { recursive: true });
      await Deno.writeTextFile(`${this.dir}/apps/${name}/index.ts`, texts[name] ?? "fine");
      entries.push({ name, path: `./apps/${name}`, ...keys });
    }
    const document = { port: 0, admin: false, apps: entries };
    await Deno.writeTextFile(`${this.dir}/nano.json`, JSON.stringify(document));
  }

  /** Writes nano.json and reloads. */
  async edit(apps: Apps): Promise<void> {
    await this.write(apps);
    await this.operator.reload(BY);
  }

  /** Opens the same folder anew. */
  async restart(): Promise<void> {
    this.#bench?.[Symbol.dispose]();
    this.#bench = await ChangeBench.open(`${this.dir}/nano.json`);
  }

  app(name: string): AppConfig | null {
    return this.bench.app(name);
  }

  /** What is set aside, as `app: reasons`. */
  aside(): string[] {
    return this.operator.setAside().map(({ app, reasons }) => `${app}: ${reasons.join("; ")}`);
  }

  /** Deploys one file. */
  deploy(app: string, text: string, how: Partial<DeployRequest> = {}): Promise<VersionView> {
    const archive = ReadableStream.from([rawZip([{ name: "index.ts", content: text }])]);
    return this.operator.versions.deploy(app, archive, { ...BY, create: null, target: "all", note: "", ...how });
  }

  /** Folders of an app's versions on the disk. */
  folders(app: string): string[] {
    try {
      return [...Deno.readDirSync(`${this.dir}/.nano/versions/${app}`)].map(({ name }) => name).sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  /** The newest entries of the history, newest first, as `action app: error`. */
  recent(limit: number): string[] {
    return this.operator.history({ app: null, before: null, limit })
      .map(({ action, app, error }) => `${action} ${app}: ${error}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bench?.[Symbol.dispose]();
    await Deno.remove(this.dir, { recursive: true });
  }
}
