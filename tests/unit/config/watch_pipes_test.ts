/** A named pipe in a watched folder, which Deno's watcher would wait for, ends the watching of that folder alone. */
import { assertEquals } from "@std/assert";
import { watchFiles } from "../../../runtime/config/watch.ts";

const SKIP = Deno.build.os === "windows";
/** For a busy machine; passed over as soon as what is awaited has come. */
const DEADLINE_MS = 60_000;

class PipeScene implements AsyncDisposable {
  readonly dir = Deno.makeTempDirSync();
  readonly #seen: string[] = [];
  #wake = Promise.withResolvers<void>();

  constructor() {
    Deno.mkdirSync(this.at("a"));
    Deno.mkdirSync(this.at("b"));
  }

  at(path: string): string {
    return `${this.dir}/${path}`;
  }

  watch() {
    const tell = (text: string) => {
      this.#seen.push(text.replaceAll(this.dir, ""));
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    };
    return watchFiles({
      paths: [this.at("a"), this.at("b")],
      debounceMs: 10,
      patrolMs: 50,
      onChange: (paths) => paths.forEach(tell),
      onError: (error) => tell((error as Error).message),
    });
  }

  async heard(text: string): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`"${text}" not in ${this.#seen}`)), DEADLINE_MS);
    try {
      while (!this.#seen.includes(text)) await Promise.race([this.#wake.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
    this.#seen.length = 0;
  }

  async pipe(path: string): Promise<void> {
    const { success } = await new Deno.Command("mkfifo", { args: [this.at(path)] }).output();
    assertEquals(success, true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dir, { recursive: true });
  }
}

const REFUSAL = 'Cannot watch "/a": "/a/pipe" is a named pipe, which would stop the watching';

Deno.test("A pipe that is made in a watched folder stops the watching of no other", { ignore: SKIP }, async () => {
  await using scene = new PipeScene();
  await using watcher = scene.watch();
  await watcher.ready;
  Deno.writeTextFileSync(scene.at("b/before"), "1");
  await scene.heard("/b/before");
  await scene.pipe("a/pipe");
  await scene.heard(REFUSAL);
  for (const path of ["b/one", "b/two"]) {
    Deno.writeTextFileSync(scene.at(path), "1");
    await scene.heard(`/${path}`);
  }
});

Deno.test("A folder is watched again when its pipe is gone", { ignore: SKIP }, async () => {
  await using scene = new PipeScene();
  await scene.pipe("a/pipe");
  await using watcher = scene.watch();
  await watcher.ready;
  await scene.heard(REFUSAL);
  Deno.writeTextFileSync(scene.at("b/one"), "1");
  await scene.heard("/b/one");
  Deno.removeSync(scene.at("a/pipe"));
  await scene.heard("/a/pipe");
  Deno.writeTextFileSync(scene.at("a/two"), "1");
  await scene.heard("/a/two");
});

Deno.test("A pipe that was there for a moment only ends no watching", { ignore: SKIP }, async () => {
  await using scene = new PipeScene();
  await using watcher = scene.watch();
  await watcher.ready;
  await scene.pipe("a/pipe");
  Deno.removeSync(scene.at("a/pipe"));
  // Heard by nobody, if the thread that listens waits for the pipe
  Deno.writeTextFileSync(scene.at("b/one"), "1");
  await scene.heard("/b/one");
  Deno.writeTextFileSync(scene.at("a/two"), "1");
  await scene.heard("/a/two");
  await watcher.update([scene.at("a")]);
  Deno.writeTextFileSync(scene.at("a/three"), "1");
  await scene.heard("/a/three");
});
