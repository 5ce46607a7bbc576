/** What it costs requests that somebody follows the log of an app that writes 5,000 lines a second. */
import { residentBytes } from "../integration/door/process_memory.ts";
import { benchProject } from "./bench_project.ts";
import { CHATTY_APP } from "./bench_apps.ts";
import { cpuSeconds } from "./cpu_seconds.ts";
import { mustBeOk, timedGetOnce } from "./keep_alive.ts";
import type { LoadGenerator } from "./load.ts";
import { interleave, median, ratioOf } from "./rounds.ts";
import { freePort } from "../support/free_port.ts";
import { startNano } from "./servers.ts";
import { printTable } from "./table.ts";

const TOKEN = "a-token-for-the-bench-only";
const MIB = 1024 * 1024;
const CONCURRENCY = 32;

/** How the data of a line begins. */
const LINE = '\ndata: {"id":';

/** What a follower got. */
interface Followed {
  lines: number;
  dropped: number;
  bytes: number;
}

/** Prints requests a second without a follower, with one of the console, with one of everything; and the growth of memory. */
export async function benchTail({ short, generator }: { short: boolean; generator: LoadGenerator }): Promise<void> {
  const admin = { hostname: "127.0.0.1", port: freePort(), token: TOKEN };
  await using project = await benchProject({ chatty: { files: CHATTY_APP } }, { admin });
  await using nano = await startNano(project.configFile);
  mustBeOk(await timedGetOnce(nano.url, "chatty"));
  const logs = `http://127.0.0.1:${admin.port}/admin/apps/chatty/logs?follow=1&limit=0`;
  const load = async (seconds: number) => {
    const headers = [["Host", "chatty"]] as const;
    return (await generator.run({ url: `${nano.url}/`, headers, concurrency: CONCURRENCY, seconds })).perSecond;
  };
  const got: Record<"console" | "all", Followed> = {
    console: { lines: 0, dropped: 0, bytes: 0 },
    all: { lines: 0, dropped: 0, bytes: 0 },
  };
  // Many short rounds: what else the machine does changes from one second to the next.
  const seconds = 1;
  const rounds = short ? 4 : 20;
  const cpus: Record<"none" | "console" | "all", number[]> = { none: [], console: [], all: [] };
  const measured = (into: number[]) => async () => {
    const before = cpuSeconds(nano.pid);
    const perSecond = await load(seconds);
    into.push((cpuSeconds(nano.pid) - before) / (perSecond * seconds));
    return perSecond;
  };
  const { none, ofConsole, ofAll } = await interleave({
    none: measured(cpus.none),
    ofConsole: () => followed(`${logs}&kind=console`, got.console, measured(cpus.console)),
    ofAll: () => followed(logs, got.all, measured(cpus.all)),
  }, rounds) as Record<"none" | "ofConsole" | "ofAll", number[]>;
  // The round that does not count.
  for (const figures of Object.values(cpus)) figures.shift();
  const perSecond = (count: number) => Math.round(count / (seconds * (rounds + 1))).toString();
  const row = (name: string, figures: readonly number[], cpu: readonly number[], seen: Followed) => [
    name,
    (median(figures) / 1000).toFixed(1) + "k",
    ratioOf(figures, none),
    (median(cpu) * 1e6).toFixed(1),
    ratioOf(cpu, cpus.none),
    perSecond(seen.lines),
    perSecond(seen.dropped),
  ];
  printTable(
    `Tail of an app that writes 5,000 lines a second, c=${CONCURRENCY} (requests a second; ratio: more is better)`,
    ["", "requests/s", "/ nobody follows", "CPU us/request", "/ nobody follows", "lines/s seen", "dropped/s"],
    [
      row("nobody follows", none, cpus.none, { lines: 0, dropped: 0, bytes: 0 }),
      row("console lines followed", ofConsole, cpus.console, got.console),
      row("requests followed too", ofAll, cpus.all, got.all),
    ],
  );
  await printGrowth({ pid: nano.pid, load, logs, seconds: short ? 9 : 30 });
}

/** Prints the resident memory over a time of being followed, after as long a time of not. */
async function printGrowth(run: {
  readonly pid: number;
  readonly load: (seconds: number) => Promise<number>;
  readonly logs: string;
  readonly seconds: number;
}): Promise<void> {
  const { pid, load, logs, seconds } = run;
  const seen: Followed = { lines: 0, dropped: 0, bytes: 0 };
  const marks = [residentBytes(pid)];
  await load(seconds);
  marks.push(residentBytes(pid));
  await followed(logs, seen, async () => {
    for (let third = 0; third < 3; third++) {
      await load(seconds / 3);
      marks.push(residentBytes(pid));
    }
  });
  const mb = (bytes: number) => (bytes / MIB).toFixed(1);
  const [start, before, ...after] = marks;
  printTable(`Resident memory under load (MB; ${seconds} s each, ${mb(seen.bytes)} MB of lines sent)`, [
    "",
    "before",
    "after",
    "grown",
  ], [
    ["nobody follows", mb(start!), mb(before!), mb(before! - start!)],
    ["followed, 1st third", mb(before!), mb(after[0]!), mb(after[0]! - before!)],
    ["followed, 2nd third", mb(after[0]!), mb(after[1]!), mb(after[1]! - after[0]!)],
    ["followed, 3rd third", mb(after[1]!), mb(after[2]!), mb(after[2]! - after[1]!)],
  ]);
}
/** Follows the log while something runs. */
async function followed<T>(url: string, into: Followed, run: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const response = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` }, signal: stop.signal });
  if (!response.ok) throw new Error(`Cannot follow the log: ${response.status} ${await response.text()}`);
  const reading = count(response.body!, into).catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  try {
    return await run();
  } finally {
    stop.abort();
    await reading;
  }
}

/** Counts what comes without parsing it: the reader's CPU is the server's on a small machine. */
async function count(body: ReadableStream<Uint8Array>, into: Followed): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    into.bytes += chunk.byteLength;
    const text = decoder.decode(chunk, { stream: true });
    for (let at = text.indexOf(LINE); at >= 0; at = text.indexOf(LINE, at + LINE.length)) into.lines++;
    for (const [, dropped] of text.matchAll(/event: dropped\ndata: \{"dropped":(\d+)/g)) {
      into.dropped += Number(dropped);
    }
  }
}
