/** A configuration that is loaded again looks at the apps that changed, and comes to what a first load comes to. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { configLoader, loadConfig } from "../../../runtime/config/load.ts";
import { parsePlainJson } from "../../../runtime/config/plain_json.ts";
import type { NanoConfig } from "../../../runtime/config/resolved_config.ts";
import { NanoError } from "../../../runtime/errors.ts";

/** Folders have come to rest by then: ones that have just changed are looked at each time. */
const LATER_MS = 60_000;

/** A folder with nano.json and apps `a`, `b` and `c`. */
class Project implements Disposable {
  readonly dir = Deno.makeTempDirSync({ prefix: "nano-memory-" });
  readonly file = `${this.dir}/nano.json`;
  readonly #env: Record<string, string>;
  readonly #now = Date.now;
  readonly load: ReturnType<typeof configLoader>;

  constructor(env: Record<string, string> = {}) {
    this.#env = env;
    for (const name of ["a", "b", "c"]) Deno.mkdirSync(`${this.dir}/${name}`);
    this.load = configLoader(this.file, { hostEnv: this.hostEnv });
    Date.now = () => this.#now() + LATER_MS;
  }

  readonly hostEnv = (name: string) => this.#env[name];

  write(document: object): void {
    Deno.writeTextFileSync(this.file, JSON.stringify(document));
  }

  /** Loads it, and compares with a load that remembers nothing. */
  async both(): Promise<NanoConfig> {
    const [again, anew] = [await this.load(), await loadConfig(this.file, { hostEnv: this.hostEnv })];
    assertEquals(plain(again), plain(anew));
    return again;
  }

  async refusals(): Promise<readonly string[]> {
    const again = await assertRejects(() => this.load(), NanoError);
    const anew = await assertRejects(() => loadConfig(this.file, { hostEnv: this.hostEnv }), NanoError);
    assertEquals(again.details, anew.details);
    return again.details;
  }

  [Symbol.dispose](): void {
    Date.now = this.#now;
    Deno.removeSync(this.dir, { recursive: true });
  }
}

function plain({ withLayers: _withLayers, ...config }: NanoConfig): unknown {
  return config;
}

const A = { name: "a", path: "a" };
const B = { name: "b", path: "b", hostname: ["b.test", "*.b.test"] };
const C = { name: "c", path: "c" };

Deno.test("An app whose entry stays as it is stays the same object, wherever it stands", async () => {
  using project = new Project();
  project.write({ apps: [A, B, C] });
  const [a, b] = (await project.both()).apps;
  project.write({ apps: [C, { ...B, env: { NEW: "1" } }, A] });
  const [, changed, again] = (await project.both()).apps;
  assertStrictEquals(again, a);
  assertNotEquals(changed, b);
  assertEquals(changed!.env, { NEW: "1" });
});

Deno.test("The order of variables is a change, as an app sees it", async () => {
  using project = new Project();
  project.write({ apps: [{ ...A, env: { ONE: "1", TWO: "2" } }, B] });
  await project.both();
  project.write({ apps: [{ ...A, env: { TWO: "2", ONE: "1" } }, B] });
  assertEquals(Object.keys((await project.both()).apps[0]!.env), ["TWO", "ONE"]);
});

Deno.test("A default for all apps takes effect in those whose entries stay as they are", async () => {
  using project = new Project();
  project.write({ apps: [A, B] });
  await project.both();
  project.write({ defaults: { memory_mb: 77 }, apps: [A, B] });
  assertEquals((await project.both()).apps.map(({ memoryMb }) => memoryMb), [77, 77]);
});

Deno.test("What one app claims that another has is refused as by a first load, whichever of them is new", async () => {
  using project = new Project();
  const clashes = [
    { ...C, name: "a" },
    { ...C, hostname: "b.test" },
    { ...C, hostname: "a" },
    { ...C, port: 9_999 },
    { ...C, port: 8_081 },
    { ...C, queues: { consumers: [{ queue: "jobs" }] } },
  ];
  const first = { ...A, port: 9_999, queues: { consumers: [{ queue: "jobs" }] } };
  for (const clash of clashes) {
    project.write({ port: 8_081, apps: [first, B, C] });
    await project.both();
    project.write({ port: 8_081, apps: [first, B, clash] });
    assertEquals((await project.refusals()).length, 1, JSON.stringify(clash));
    project.write({ port: 8_081, apps: [clash, B, first] });
    assertEquals((await project.refusals()).length, 1, JSON.stringify(clash));
  }
});

Deno.test("A default app is found among all apps, and missed when it is gone", async () => {
  using project = new Project();
  project.write({ default_app: "a", apps: [A, B] });
  await project.both();
  project.write({ default_app: "a", apps: [A, { ...B, env: { X: "1" } }] });
  assertEquals((await project.both()).defaultApp, "a");
  project.write({ default_app: "a", apps: [B, C] });
  assert((await project.refusals())[0]!.startsWith('default_app is "a"'));
});

Deno.test("A mistake in one app is told with its place among all", async () => {
  using project = new Project();
  project.write({ apps: [A, B, C] });
  await project.both();
  project.write({ apps: [A, B, { ...C, prot: 1 }] });
  assert((await project.refusals())[0]!.startsWith("apps[2].prot"));
});

Deno.test("A reload notices what has become of folders, secrets and projects whose entries stay as they are", async () => {
  const env: Record<string, string> = { KEY: "one" };
  using project = new Project(env);
  Deno.writeTextFileSync(`${project.dir}/secret`, "first");
  const secret = { ...C, env: { KEY: { from_env: "KEY" }, FILE: { from_file: "secret" } } };
  project.write({ apps: [A, B, secret] });
  assertEquals((await project.both()).apps[2]!.env, { KEY: "one", FILE: "first" });
  env["KEY"] = "two";
  Deno.writeTextFileSync(`${project.dir}/secret`, "second");
  assertEquals((await project.both()).apps[2]!.env, { KEY: "two", FILE: "second" });

  Deno.writeTextFileSync(`${project.dir}/a/wrangler.json`, '{ "routes": ["a.example.com/*"] }');
  assertEquals((await project.both()).apps[0]!.hostnames, ["a", "a.example.com"]);
  Deno.writeTextFileSync(`${project.dir}/a/wrangler.json`, '{ "routes": ["other.example.com/*"] }');
  assertEquals((await project.both()).apps[0]!.hostnames, ["a", "other.example.com"]);
  Deno.removeSync(`${project.dir}/a/wrangler.json`);
  assertEquals((await project.both()).apps[0]!.hostnames, ["a"]);

  Deno.removeSync(`${project.dir}/b`, { recursive: true });
  assert((await project.refusals())[0]!.startsWith('apps[1].path is "b"'));
  Deno.mkdirSync(`${project.dir}/b`);
  await project.both();
});

Deno.test("An added app that calls another finds it among those that stay, by either name", async () => {
  using project = new Project();
  Deno.writeTextFileSync(`${project.dir}/a/wrangler.json`, '{ "name": "theirs" }');
  project.write({ apps: [A, B] });
  await project.both();
  const bindings = { ONE: { service: "b" }, TWO: { service: "theirs" }, THREE: { service: "nobody" } };
  project.write({ apps: [A, B, { ...C, bindings }] });
  assertEquals((await project.both()).apps[2]!.services.map(({ app }) => app), ["b", "a", "nobody"]);
});

Deno.test("An app that stays calls what another one is named now, after a reload and after a change by the admin API", async () => {
  using project = new Project();
  const wrangler = (folder: string, name: string) =>
    Deno.writeTextFileSync(`${project.dir}/${folder}/wrangler.json`, JSON.stringify({ name }));
  const called = (config: NanoConfig) => config.apps.find(({ name }) => name === "b")!.services.map(({ app }) => app);
  const caller = { ...B, bindings: { THEIRS: { service: "theirs" } } };
  const renamed = { ...A, name: "renamed" };
  wrangler("a", "theirs");
  project.write({ apps: [A, caller, C] });
  assertEquals(called(await project.both()), ["a"]);
  wrangler("a", "others");
  assertEquals(called(await project.both()), ["theirs"]);
  wrangler("c", "theirs");
  assertEquals(called(await project.both()), ["c"]);
  Deno.removeSync(`${project.dir}/c/wrangler.json`);
  wrangler("a", "theirs");
  project.write({ apps: [renamed, caller, C] });
  assertEquals(called(await project.both()), ["renamed"]);
  project.write({ apps: [renamed, caller, { ...C, name: "theirs" }] });
  assertEquals(called(await project.both()), ["theirs"]);
  project.write({ apps: [caller, C] });
  const alone = await project.both();
  assertEquals(called(alone), ["theirs"]);

  const layer = { name: "new", patch: null, hides: null, folder: null, versions: [], rollout: null };
  const joined = await alone.withLayers([{ ...layer, entry: { name: "new", path: "a" } }]);
  assertEquals(called(joined), ["new"]);
  assertStrictEquals(joined.apps.find(({ name }) => name === "c"), alone.apps.find(({ name }) => name === "c"));
  assertEquals(called(await joined.withLayers([])), ["theirs"]);
});

Deno.test("A reload keeps what a fleet needs to know, and where an app's isolate runs", async () => {
  const env: Record<string, string> = { URL: "postgres://fleet@127.0.0.1/one" };
  using project = new Project(env);
  const fleet = { postgres: { from_env: "URL" } };
  project.write({ fleet, apps: [{ ...A, isolation: "worker" }, B] });
  await project.both();
  env["URL"] = "postgres://fleet@127.0.0.1/two";
  const { fleet: read } = await project.both();
  assertEquals(read?.engine.kind === "postgres" && read.engine.url, "postgres://fleet@127.0.0.1/two");
  project.write({ fleet, defaults: { isolation: "process" }, apps: [{ ...A, isolation: "worker" }, B] });
  assertEquals((await project.both()).apps.map(({ isolation }) => isolation), ["worker", "process"]);
});

Deno.test("Plain JSON is parsed at once; a comment, a key that stands twice and a mistake take a closer look", () => {
  for (
    const text of ['{ "a": "b:\\"c\\":", "d" : [{ "a": {} }, "x\\\\"] }', "[]", '"a"', " 1", '{"__proto__":{"a":1}}']
  ) {
    assertEquals(JSON.stringify(parsePlainJson(text)), JSON.stringify(JSON.parse(text)), text);
  }
  const others = [
    '{"a":1,"a":2}',
    '{"a":{"b":1,"\\u0062":2}}',
    "{ // x\n}",
    '{"a":1,}',
    '{"a"',
    "",
    "[".repeat(101) + "]".repeat(101),
  ];
  for (const text of others) assertEquals(parsePlainJson(text), undefined, text);
});
