/** Installs the packages of the corpus into a temporary folder, with an app for each package. */
import { corpusEntries, type CorpusEntry, corpusFolder, type CorpusPart } from "./corpus_entries.ts";

/** Prefixes of apps' names: an ordinary app, and a Workers project. */
export const RESOLUTIONS = ["app", "worker"] as const;

/** As what NANO takes a folder, which decides about the conditions of packages' exports. */
export type Resolution = typeof RESOLUTIONS[number];

const INSTALL_MS = 600_000;
/** Calls what a snippet exports, and tells what came out or what was thrown. */
const CALLER = `import run from "./snippet.mjs";
export default {
  async fetch() {
    try {
      return Response.json((await run()) ?? null);
    } catch (error) {
      return new Response(String(error?.stack ?? error), { status: 500 });
    }
  },
};
`;
const WRANGLER = { main: "index.mjs", compatibility_date: "2026-01-01", compatibility_flags: ["nodejs_compat"] };

/** The corpus on disk; disposing it removes it, unless it lies where somebody wants it. */
export class InstalledCorpus implements AsyncDisposable {
  readonly dir: string;
  readonly entries: readonly CorpusEntry[];
  readonly #isKept: boolean;

  private constructor(dir: string, entries: readonly CorpusEntry[], isKept: boolean) {
    this.dir = dir;
    this.#isKept = isKept;
    this.entries = entries;
  }

  /**
   * Installs a part with npm, from its lock file when it has one; scripts of packages do not run.
   * @param keptDir a folder to install into, which stays; a temporary one without it
   * @throws Error when the packages cannot be had, as where no registry is reached
   */
  static async create(part: CorpusPart, keptDir?: string): Promise<InstalledCorpus> {
    if (keptDir !== undefined) await Deno.mkdir(keptDir, { recursive: true });
    const dir = await Deno.realPath(keptDir ?? await Deno.makeTempDir({ prefix: "nano-corpus-" }));
    const corpus = new InstalledCorpus(dir, await corpusEntries(part), keptDir !== undefined);
    try {
      for (const file of ["package.json", "package-lock.json"]) {
        await Deno.copyFile(new URL(file, corpusFolder(part)), `${dir}/${file}`).catch((error) => {
          if (file === "package.json") throw error;
        });
      }
      await npmInstall(dir);
      // Bundles that another state of NANO made there
      await Deno.remove(`${dir}/.nano`, { recursive: true }).catch(() => {});
      for (const entry of corpus.entries) {
        for (const resolution of RESOLUTIONS) await corpus.#writeApp(entry, resolution);
      }
      return corpus;
    } catch (error) {
      await corpus[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The folder of a package's app. */
  folder(entry: CorpusEntry, resolution: Resolution): string {
    return `${this.dir}/apps/${appName(entry, resolution)}`;
  }

  async #writeApp(entry: CorpusEntry, resolution: Resolution): Promise<void> {
    const folder = this.folder(entry, resolution);
    await Deno.mkdir(folder, { recursive: true });
    const isCalled = entry.kind === "function";
    await Deno.writeTextFile(`${folder}/${isCalled ? "snippet.mjs" : "index.mjs"}`, entry.source);
    if (isCalled) await Deno.writeTextFile(`${folder}/index.mjs`, CALLER);
    if (resolution === "app") return;
    const name = appName(entry, resolution);
    await Deno.writeTextFile(`${folder}/wrangler.json`, JSON.stringify({ name, ...WRANGLER }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isKept) await Deno.remove(this.dir, { recursive: true });
  }
}

/** The name of a package's app, in nano.json and as its host. */
export function appName({ name }: CorpusEntry, resolution: Resolution): string {
  return `${resolution}-${name.replace("@", "").replace(/[^a-z0-9]+/g, "-")}`;
}

async function npmInstall(dir: string): Promise<void> {
  // Packages ask for each other in ranges that all of the corpus together cannot keep
  const args = ["install", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error"];
  const { success, stderr } = await new Deno.Command("npm", {
    args,
    cwd: dir,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(INSTALL_MS),
  }).output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim().slice(0, 1000);
  throw new Error(`The corpus needs the npm registry that npm is set up for:\n${reason}`);
}
