/** A temporary folder that is watched, and what its watcher told. */
import { type FileWatcher, watchFiles, type WatchOptions } from "../../../runtime/config/watch.ts";

/** Far more than a change may take, so that only a lost one reaches it, in milliseconds. */
const DEADLINE_MS = 120_000;

/** A folder that is watched, and the reports of its watcher. */
export class Scene implements AsyncDisposable {
  readonly dir: string;
  readonly errors: unknown[] = [];
  readonly reports: string[][] = [];
  readonly watcher: FileWatcher;
  #heard = Promise.withResolvers<void>();

  private constructor(dir: string, options: Partial<WatchOptions>) {
    this.dir = dir;
    this.watcher = watchFiles({
      debounceMs: 20,
      onError: (error) => {
        this.errors.push(error);
        this.#wake();
      },
      ...options,
      paths: (options.paths ?? [""]).map((path) => `${dir}/${path}`),
      ignore: options.ignore?.map((path) => path.replace("DIR", dir)),
      onChange: async (changed) => {
        this.reports.push(changed.map((path) => path.slice(dir.length + 1)));
        this.#wake();
        await options.onChange?.(changed);
      },
    });
  }

  /** Watches a new folder (`""`) or paths in it, after `prepare` has filled it. */
  static async set(
    prepare: (at: (path: string) => string) => void,
    options: Partial<WatchOptions> = {},
  ): Promise<Scene> {
    const dir = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "nano_watch_" }));
    prepare((path) => `${dir}/${path}`);
    const scene = new Scene(dir, options);
    await scene.watcher.ready;
    return scene;
  }

  at(path: string): string {
    return `${this.dir}/${path}`;
  }

  write(path: string, text: string = crypto.randomUUID()): void {
    Deno.writeTextFileSync(this.at(path), text);
  }

  /** Replaces a file as many editors do. */
  replace(path: string): void {
    this.write(`${path}.new`);
    Deno.renameSync(this.at(`${path}.new`), this.at(path));
  }

  /** Waits until these paths were reported, then gives and forgets all that was. */
  async reported(...paths: string[]): Promise<string[]> {
    const all = () => [...new Set(this.reports.flat())].sort();
    await this.until(
      () => paths.every((path) => all().includes(path)),
      () => `${paths} were not reported, only ${all()}`,
    );
    const result = all();
    this.reports.length = 0;
    return result;
  }

  async until(isMet: () => boolean, missing: () => string): Promise<void> {
    let timer = 0;
    const late = new Promise<never>((_, reject) => {
      timer = +setTimeout(() => reject(new Error(missing())), DEADLINE_MS);
    });
    try {
      while (!isMet()) {
        await Promise.race([this.#heard.promise, late]);
        this.#heard = Promise.withResolvers();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watcher[Symbol.asyncDispose]();
    Deno.removeSync(this.dir, { recursive: true });
  }

  #wake(): void {
    this.#heard.resolve();
  }
}
