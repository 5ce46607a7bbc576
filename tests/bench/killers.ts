/**
 * Deaths of the host by apps, at each place where code of theirs runs: who is named, who is quarantined after the second,
 * and how soon the others are served again.
 */
import { adminApp } from "../integration/life/admin_client.ts";
import { GuardedHost } from "../integration/life/guarded_host.ts";
import { KILLER, KILLER_LIMITS, SPIN } from "../integration/life/killer_app.ts";
import { until } from "../integration/life/until.ts";
import { printTable } from "./table.ts";

const TOP_LEVEL = `${SPIN}\n${KILLER}`;

/** Innocents of all kinds: in demand, with an open stream, with a job in the background, idle. */
const INNOCENTS = {
  hot: `export default () => new Response("x".repeat(1000));`,
  stream: `export default () => new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(1)) }));`,
  job: `setInterval(() => { for (const end = Date.now() + 30; Date.now() < end;); }, 1000);
export default () => new Response("job");`,
  other: `export default () => new Response("other");`,
};
const PLACES = ["/handler", "/timer", "/stream", "/after", "top level"] as const;

interface Tally {
  deaths: number;
  named: number;
  convicted: number;
  innocents: number;
  readonly backMs: number[];
}

/** Prints a row a place. @param deaths altogether; two a host */
export async function benchKillers(deaths = 40): Promise<void> {
  const tallies = new Map(PLACES.map((place): [string, Tally] => [
    place,
    { deaths: 0, named: 0, convicted: 0, innocents: 0, backMs: [] },
  ]));
  for (let host = 0; host < Math.ceil(deaths / 2); host++) {
    const place = PLACES[host % PLACES.length]!;
    await twoDeaths(place, tallies.get(place)!);
  }
  printTable(`${deaths} deaths of the host`, [
    "the killer is in its",
    "deaths",
    "named first",
    "quarantined at the second",
    "innocents quarantined",
    "others served again, median ms",
    "max ms",
  ], [...tallies].map(([place, tally]) => rowOf(place, tally)));
}

function rowOf(place: string, { deaths, named, convicted, innocents, backMs }: Tally): string[] {
  const sorted = backMs.toSorted((one, other) => one - other);
  const ms = (at: number) => sorted.length === 0 ? "" : Math.round(sorted[at]!).toString();
  const figures = [deaths, named, `${convicted} of ${Math.floor(deaths / 2)}`, innocents];
  return [place, ...figures.map(String), ms(sorted.length >> 1), ms(sorted.length - 1)];
}

async function twoDeaths(place: string, tally: Tally): Promise<void> {
  const apps = Object.fromEntries(Object.entries(INNOCENTS).map(([name, files]) => [name, { files }]));
  await using host = await GuardedHost.start({ killer: { files: KILLER, config: KILLER_LIMITS }, ...apps });
  const { nano } = host;
  using load = new Load(host);
  if (place === "top level") await host.project.writeFile("killer", "index.ts", TOP_LEVEL);
  for (let death = 1; death <= 2; death++) {
    if (place !== "top level") nano.fetch("killer", place).then((response) => response.text()).catch(() => {});
    await host.computes("killer", place === "top level" ? "booting" : "running");
    const begin = performance.now();
    const died = await host.kill("SIGTRAP");
    await load.served();
    tally.backMs.push(performance.now() - begin);
    tally.deaths++;
    if ((died["suspects"] as string[])[0] === "killer") tally.named++;
    await host.next("server_start");
  }
  await until(async () => (await adminApp(nano, "killer")).state !== "starting", "the killer has started, or not");
  if ((await adminApp(nano, "killer")).state === "quarantined") tally.convicted++;
  for (const name of Object.keys(INNOCENTS)) {
    if ((await adminApp(nano, name)).state === "quarantined") tally.innocents++;
  }
}

/** One request after the other to the app in demand, and a stream that stays open. */
class Load implements Disposable {
  readonly #host: GuardedHost;
  #stopped = false;
  #answers = 0;

  constructor(host: GuardedHost) {
    this.#host = host;
    void this.#run();
    void this.#stream();
  }

  /** Settles with the next answer. */
  async served(): Promise<void> {
    const before = this.#answers;
    await until(() => this.#answers > before, "another app is served again");
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const response = await this.#host.nano.fetch("hot");
        await response.body?.cancel();
        if (response.status === 200) this.#answers++;
      } catch {
        // Nobody listens: a pause of one turn keeps the bench from spinning.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  async #stream(): Promise<void> {
    while (!this.#stopped) {
      try {
        const response = await this.#host.nano.fetch("stream");
        for await (const _ of response.body!) if (this.#stopped) return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}
