/** Forty apps, four of them hostile all the time: does the host live, and what do the others lose? */
import { appSource, type Place } from "../hostile/corpus/app_source.ts";
import { FAMILIES } from "../hostile/corpus/families.ts";
import type { HostileCase } from "../hostile/corpus/hostile_case.ts";
import { NEIGHBOUR_APP } from "../hostile/corpus/neighbour_load.ts";
import { ADMIN } from "../integration/life/admin_client.ts";
import { childrenOf } from "../integration/life/host_threads.ts";
import { pause } from "../integration/life/until.ts";
import { NanoProcess } from "../support/nano_process.ts";
import type { TempApp, TempProject } from "../support/temp_project.ts";
import { benchProject } from "./bench_project.ts";
import { PairedProbe } from "./paired_probe.ts";
import { figuresOf, restingFigures } from "./process_figures.ts";
import { freePort } from "../support/free_port.ts";
import { startRaw } from "./servers.ts";
import { printTable } from "./table.ts";

const MINUTES = 30;
/** Who lives where: threads alone, or both kinds of isolates beside each other. */
const THREADS: Crowd = { worker: { neighbours: 36, hostile: 4 }, process: { neighbours: 0, hostile: 0 } };
const MIXED: Crowd = { worker: { neighbours: 35, hostile: 5 }, process: { neighbours: 5, hostile: 5 } };
/** Requests to neighbours in flight at once, of one client, and the pause of each lane: a steady light load. */
const LANES = 4;
const EVERY_MS = 40;
/** An attack goes on for so long, then the next one of the corpus takes its place. */
const TURN_MS = 15_000;
/** Between two requests to a hostile app. */
const POKE_MS = 200;
const ANSWER_MS = 60_000;

type Isolation = "worker" | "process";
type Crowd = Readonly<Record<Isolation, { readonly neighbours: number; readonly hostile: number }>>;

/** A request of a neighbour that was not answered rightly. */
interface Loss {
  readonly text: string;
  readonly isMachines: boolean;
}

interface Hostile {
  readonly title: string;
  readonly files: string;
  readonly limits: Readonly<Record<string, unknown>>;
}

/**
 * Prints deaths of the host, requests and losses of neighbours, and whose losses they are.
 * @param titles how the titles of the attacks begin; all of the corpus by default
 */
export function benchSoak(minutes = MINUTES, titles: readonly string[] = []): Promise<void> {
  return soakOf(THREADS, minutes, titles);
}

/** The same of 40 apps in threads beside 10 in processes, five hostile ones of each. */
export function benchMixedSoak(minutes = MINUTES, titles: readonly string[] = []): Promise<void> {
  return soakOf(MIXED, minutes, titles);
}

async function soakOf(crowd: Crowd, minutes: number, titles: readonly string[]): Promise<void> {
  const kinds = Object.keys(crowd) as Isolation[];
  const each = (what: "neighbours" | "hostile") =>
    kinds.flatMap((isolation) => Array.from({ length: crowd[isolation][what] }, () => isolation));
  const homes = each("neighbours");
  const places = each("hostile");
  const names = homes.map((_, index) => `neighbour-${index}`);
  const apps: Record<string, TempApp> = Object.fromEntries(
    names.map((
      name,
      index,
    ) => [name, { files: NEIGHBOUR_APP, config: { env: { NAME: name }, isolation: homes[index]! } }]),
  );
  const admin = { ...ADMIN, port: freePort() };
  await using project = await benchProject(apps, { admin, port: freePort(), log: { level: "warn" } });
  await using raw = await startRaw("plain");
  await using nano = await NanoProcess.spawn(["start", "--config", project.configFile, "--no-watch"]);
  const soak = new Soak(`http://127.0.0.1:${admin.port}`, project, { places, attacks: attacks(titles) });
  await soak.serves(names);
  const [host] = childrenOf(nano.pid);
  const before = figuresOf(host!);
  await using probe = new PairedProbe(raw.url);
  const until = performance.now() + minutes * 60_000;
  const hostile = places.map((_, slot) => soak.hostile(slot, until));
  const lanes = Array.from({ length: LANES }, (_, lane) => soak.lane(names, { lane, until, probe }));
  const telling = soak.tellEachMinute(nano, until);
  await Promise.all([...hostile, ...lanes, telling]);

  const deaths = nano.events.filter(({ event }) => event === "host_died");
  const machines = soak.losses.filter(({ isMachines }) => isMachines);
  const ours = soak.losses.filter(({ isMachines }) => !isMachines);
  const [present] = childrenOf(nano.pid);
  const after = present === undefined ? null : await restingFigures(present);
  printTable(
    `Soak of ${minutes} minutes: ${names.length} neighbours, ${places.length} hostile apps, ${soak.turns} attacks`,
    [
      "",
      "",
    ],
    [
      ["deaths of the host", String(deaths.length)],
      ["requests of neighbours", String(soak.times.length)],
      ["lost", String(ours.length)],
      ["lost while the machine was too slow", String(machines.length)],
      ["p50, p99, max of neighbours, ms", soak.quantiles()],
      ["longest answer of the raw control, ms", probe.worstControlMs.toFixed(0)],
      ["longest lag of this process, ms", probe.worstLagMs.toFixed(0)],
      [
        "RSS of the host before, after, MB",
        `${before.residentMb.toFixed(0)}, ${after?.residentMb.toFixed(0) ?? "gone"}`,
      ],
      ["descriptors before, after", `${before.descriptors}, ${after?.descriptors ?? "gone"}`],
      ["isolates' threads before, after", `${before.isolateThreads}, ${after?.isolateThreads ?? "gone"}`],
    ],
  );
  for (const death of deaths.slice(0, 10)) console.log(`  ${JSON.stringify(death)}`);
  for (const [app, title] of soak.titles) {
    const ranOn = nano.events.filter((event) =>
      String(event.text).includes(`of a killed isolate of app "${app}"`)
    ).length;
    if (ranOn > 0) console.log(`  ${ranOn} killed threads ran on: ${title}`);
  }
  for (const { text } of [...ours.slice(0, 10), ...machines.slice(0, 3)]) console.log(`  ${text}`);
  for (const [what, count] of [...soak.told].sort((one, other) => other[1] - one[1]).slice(0, 20)) {
    console.log(`  attackers were told ${what}: ${count} times`);
  }
}

/** What runs during a soak. */
class Soak {
  readonly losses: Loss[] = [];
  readonly times: number[] = [];
  readonly told = new Map<string, number>();
  /** What each hostile app did. */
  readonly titles = new Map<string, string>();
  turns = 0;
  readonly #adminUrl: string;
  readonly #project: TempProject;
  readonly #places: readonly Isolation[];
  readonly #client = Deno.createHttpClient({ allowHost: true });
  readonly #attacks: readonly Hostile[];

  /** @param crowd where each hostile app lives, and what they do in turn */
  constructor(
    adminUrl: string,
    project: TempProject,
    crowd: { readonly places: readonly Isolation[]; readonly attacks: readonly Hostile[] },
  ) {
    this.#adminUrl = adminUrl;
    this.#project = project;
    this.#places = crowd.places;
    this.#attacks = crowd.attacks;
  }

  /** Waits until all apps serve. */
  async serves(names: readonly string[]): Promise<void> {
    const deadline = performance.now() + 300_000;
    for (const name of names) {
      while (await this.#ask(name).catch(() => null) === null) {
        if (performance.now() > deadline) throw new Error(`${name} does not serve`);
        await pause(200);
      }
    }
  }

  /** Asks neighbours in turn, and the control at the same moment. */
  async lane(
    names: readonly string[],
    { lane, until, probe }: { lane: number; until: number; probe: PairedProbe },
  ): Promise<void> {
    for (let turn = lane; performance.now() < until; turn += LANES) {
      const name = names[turn % names.length]!;
      const from = performance.now();
      const control = probe.probe();
      let loss: string | null = null;
      try {
        const text = await this.#ask(name);
        if (text === null || !text.startsWith(`${name} `)) loss = `${name} answered ${text}`;
      } catch (error) {
        loss = `${name}: ${error}`;
      }
      const ms = performance.now() - from;
      await control;
      this.times.push(ms);
      if (loss !== null) this.losses.push({ text: loss, isMachines: probe.wasMachineSlow({ from, ms }) });
      await pause(EVERY_MS);
    }
  }

  /** One place for hostile apps: one after the other of the corpus. */
  async hostile(slot: number, until: number): Promise<void> {
    for (let turn = 0; performance.now() < until; turn++) {
      const attack = this.#attacks[(slot + turn * this.#places.length) % this.#attacks.length]!;
      const app = `hostile-${slot}-${turn}`;
      this.titles.set(app, attack.title);
      const added = await this.#add(app, attack, this.#places[slot]!);
      this.turns++;
      const end = Math.min(until, performance.now() + TURN_MS);
      while (added && performance.now() < end) {
        const told = await this.#poke(app);
        this.told.set(told, (this.told.get(told) ?? 0) + 1);
        await pause(POKE_MS);
      }
      await this.#admin("DELETE", `/admin/apps/${app}`);
    }
  }

  /** Says every minute that it goes on, and what the host holds. */
  async tellEachMinute(nano: NanoProcess, until: number): Promise<void> {
    for (let minute = 1; performance.now() < until; minute++) {
      await pause(Math.max(0, Math.min(60_000, until - performance.now())));
      const deaths = nano.events.filter(({ event }) => event === "host_died").length;
      const [host] = childrenOf(nano.pid);
      const held = host === undefined ? "no host" : heldBy(host);
      console.log(
        `${minute} min: ${this.times.length} requests, ${this.losses.length} lost, ${this.turns} attacks, ` +
          `${deaths} deaths, ${held}`,
      );
    }
  }

  /** Median, 99th of a hundred, and the longest. */
  quantiles(): string {
    const sorted = [...this.times].sort((one, other) => one - other);
    const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? NaN).toFixed(1);
    return `${at(0.5)}, ${at(0.99)}, ${at(1)}`;
  }

  /** The text of a good answer, or null. */
  async #ask(host: string): Promise<string | null> {
    const response = await this.#fetch(host);
    const text = await response.text();
    return response.status === 200 ? text : null;
  }

  #fetch(host: string): Promise<Response> {
    const url = `http://127.0.0.1:${this.#project.port}/`;
    return fetch(url, { headers: { host }, client: this.#client, signal: AbortSignal.timeout(ANSWER_MS) });
  }

  async #poke(app: string): Promise<string> {
    try {
      const response = await this.#fetch(app);
      await response.text();
      return response.headers.get("nano-error") ?? String(response.status);
    } catch (error) {
      return error instanceof Error ? error.name : "cut";
    }
  }

  async #add(app: string, { files, limits }: Hostile, isolation: Isolation): Promise<boolean> {
    await this.#project.writeFile(app, "index.js", files);
    const path = `${this.#project.dir}/apps/${app}`;
    const base = { memory_mb: 64, external_mb: 64, cpu_ms: 1500, timeout_ms: 5000, drain_timeout_ms: 1000 };
    return await this.#admin("POST", "/admin/apps", { name: app, hostname: app, path, isolation, ...base, ...limits });
  }

  async #admin(method: string, path: string, body?: unknown): Promise<boolean> {
    try {
      const response = await fetch(this.#adminUrl + path, {
        method,
        headers: { authorization: `Bearer ${ADMIN.token}`, "content-type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false; // the host is on its way back; the death is counted
    }
  }
}

function heldBy(pid: number): string {
  const { residentMb, isolateThreads, descriptors } = figuresOf(pid);
  return `${residentMb.toFixed(0)} MB, ${isolateThreads} isolates' threads, ${descriptors} descriptors`;
}

/** Every deed of the corpus that needs nothing but an app, at each of its places; families in turn. */
function attacks(titles: readonly string[]): Hostile[] {
  const columns = FAMILIES.map(({ name, cases }) =>
    cases.filter((one) => one.deed !== undefined && one.own === undefined && one.act === undefined).flatMap((one) =>
      placesOf(one).map((place) => ({
        title: `${name}: ${one.name}, ${place}`,
        files: appSource(one.deed!, place),
        limits: one.limits ?? {},
      }))
    )
  ).filter((column) => column.length > 0);
  const longest = Math.max(...columns.map((column) => column.length));
  const all = Array.from({ length: longest }, (_, row) => columns.flatMap((column) => column[row] ?? [])).flat();
  const named = titles.length === 0 ? all : all.filter(({ title }) => titles.some((each) => title.startsWith(each)));
  if (named.length === 0) throw new Error(`No attack is called ${titles.join(", ")}`);
  return named;
}

function placesOf(one: HostileCase): Place[] {
  return (one.places ?? ["handler" as const]).filter((place) => place !== "drain");
}
