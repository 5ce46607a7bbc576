/** A kill -9 at any moment loses no acknowledged change: of the code that changes and keeps, in a process of its own. */
import { assert, assertEquals } from "@std/assert";
import { ChangeBench } from "../../support/change_bench.ts";
import { folderHash } from "../../support/content_hash.ts";
import { fromFileUrl, REPO } from "../../support/repo.ts";
import { repeats } from "../../support/repeats.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { TempProject } from "../../support/temp_project.ts";
import { pause } from "../life/until.ts";

/** Thoroughly, with those of kill_host_test.ts, a hundred. */
const KILLS = repeats(30, 94);
/** Each with a state folder of its own, next to each other. */
const CHAINS = 2;
const PROCESS = fromFileUrl(new URL("tests/fixtures/processes/changing_process.ts", REPO));

/** A line of the process. */
interface Line {
  readonly ready?: true;
  readonly doing?: "add" | "remove" | "change" | "rollback" | "deploy";
  readonly done?: string;
  readonly app: string;
  readonly mark: string;
  readonly hash?: string;
  readonly version?: string;
}

/** What must be kept of an app; null when there is none. */
type Kept = { readonly mark: string; readonly active: string | null } | null;

/** What the acknowledged changes amount to. */
class Model {
  apps: Readonly<Record<string, Kept>> = { blog: { mark: "file", active: null }, shop: null };
  /** Of every deploy that was begun, by its mark. */
  readonly hashes = new Map<string, string>();
  acknowledged = 0;

  /** The apps after one more change; an active version is named by the mark of its deploy. */
  after({ doing, app, mark }: Line, rolledBackTo: string | null): Readonly<Record<string, Kept>> {
    const before = this.apps[app] ?? null;
    switch (doing) {
      case "add":
        return { ...this.apps, [app]: { mark, active: null } };
      case "remove":
        return { ...this.apps, [app]: null };
      case "change":
        return { ...this.apps, [app]: { ...before!, mark } };
      case "deploy":
        return { ...this.apps, [app]: { ...before!, active: mark } };
      default:
        return { ...this.apps, [app]: { ...before!, active: rolledBackTo } };
    }
  }
}

/** What the state folder holds, after everything in it was found to be whole. */
async function kept(bench: ChangeBench, model: Model, stateDir: string) {
  const { operator, store } = bench;
  assertEquals(operator.setAside(), []);
  const folders = new Set<string>();
  for (const app of namesIn(`${stateDir}/versions`)) {
    if (app === ".transit") assertEquals(namesIn(`${stateDir}/versions/${app}`), []);
    else for (const name of namesIn(`${stateDir}/versions/${app}`)) folders.add(`${app}/${name}`);
  }
  const records = store.allVersions();
  assertEquals([...folders].sort(), records.map(({ app, version }) => `${app}/${version}`).sort());
  for (const { app, version, note } of records) {
    assertEquals(
      await folderHash(`${stateDir}/versions/${app}/${version}`),
      model.hashes.get(note),
      `${app} ${version}`,
    );
  }
  const marks = new Map(records.map(({ app, version, note }) => [`${app} ${version}`, note]));
  const apps = Object.fromEntries(["blog", "shop"].map((name) => {
    const config = bench.app(name);
    if (config === null) return [name, null];
    const { deployed } = operator.apps.originOf(name);
    const active = deployed === null ? null : marks.get(`${name} ${deployed}`)!;
    return [name, { mark: config.env["MARK"]!, active }];
  }));
  const history = operator.history({ app: null, before: null, limit: 500 });
  return { apps, marks, changes: history[0]?.id ?? 0, failed: history.filter(({ error }) => error !== null) };
}

/** None for a folder that is not there: a kill may come before the first deploy makes it. */
function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Starts the process and kills it some time after its first change. @returns its lines */
async function killed(configFile: string, seed: number, afterMs: number): Promise<Line[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROCESS, configFile, String(seed)],
    cwd: fromFileUrl(REPO),
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines: Line[] = [];
  const first = Promise.withResolvers<void>();
  const late = setTimeout(() => first.reject(new Error("No change was done in 120 s")), 120_000);
  const read = (async () => {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      for (const part of parts) lines.push(JSON.parse(part));
      if (lines.some(({ done }) => done !== undefined)) first.resolve();
    }
    first.reject(new Error("The process ended by itself"));
  })();
  try {
    await first.promise;
    await pause(afterMs);
  } finally {
    clearTimeout(late);
    child.kill("SIGKILL");
    await Promise.all([child.status, read]);
  }
  return lines;
}

/** Kills one process after the other on the same state folder. @returns what was under way at each kill */
async function chain(kills: number, random: SeededRandom): Promise<{ underWay: string[]; acknowledged: number }> {
  const app = { files: "// own", config: { env: { MARK: "file" } } };
  await using project = await TempProject.create({ blog: app }, { admin: false });
  await Deno.mkdir(`${project.dir}/app`);
  await Deno.writeTextFile(`${project.dir}/app/index.ts`, "// own");
  const model = new Model();
  const underWay: string[] = [];
  let marks: ReadonlyMap<string, string> = new Map();
  for (let kill = 0; kill < kills; kill++) {
    const lines = await killed(project.configFile, random.below(2 ** 31), 10 + random.below(110));
    /** Versions that a rollback may name, by app and version. */
    const known = new Map(marks);
    let pending: Line | null = null;
    const next = (line: Line) => model.after(line, known.get(`${line.app} ${line.version}`) ?? null);
    let changes = 0;
    for (const line of lines) {
      if (line.doing !== undefined) {
        pending = line;
        if (line.hash !== undefined) model.hashes.set(line.mark, line.hash);
      } else if (line.done !== undefined) {
        assert(pending !== null && pending.mark === line.done);
        if (line.version !== undefined) known.set(`${pending.app} ${line.version}`, pending.mark);
        model.apps = next(pending);
        pending = null;
        changes++;
      }
    }
    model.acknowledged += changes;
    underWay.push(pending?.doing ?? "nothing");
    using bench = await ChangeBench.open(project.configFile);
    const found = await kept(bench, model, `${project.dir}/.nano`);
    const allowed = [model.apps, ...pending === null ? [] : [next(pending)]].map((one) => JSON.stringify(one));
    assert(
      allowed.includes(JSON.stringify(found.apps)),
      `Kill ${kill}: kept ${JSON.stringify(found.apps)}, acknowledged ${allowed.join(", under way ")}`,
    );
    const isIn = JSON.stringify(found.apps) !== allowed[0];
    assertEquals(found.failed, []);
    // What was under way may be in, told or not.
    assert([model.acknowledged, model.acknowledged + 1].includes(found.changes), `${found.changes} changes`);
    model.acknowledged = found.changes;
    if (isIn) model.apps = next(pending!);
    marks = found.marks;
  }
  return { underWay, acknowledged: model.acknowledged };
}

Deno.test(`${KILLS} kills of store, version folders and operator at random moments lose no acknowledged change`, async () => {
  const random = SeededRandom.fromEnv("kills");
  const start = performance.now();
  const chains = await Promise.all(
    Array.from({ length: CHAINS }, () => chain(KILLS / CHAINS, new SeededRandom(random.below(2 ** 31)))),
  );
  const counts: Record<string, number> = {};
  for (const { underWay } of chains) for (const one of underWay) counts[one] = (counts[one] ?? 0) + 1;
  const acknowledged = chains.reduce((sum, one) => sum + one.acknowledged, 0);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${KILLS} kills in ${seconds} s, ${acknowledged} changes kept; under way: ${JSON.stringify(counts)}`);
  assert((counts["deploy"] ?? 0) >= KILLS / 6, "Too few kills hit a deploy for the test to mean something");
});
