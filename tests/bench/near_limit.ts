/**
 * deno run -A tests/bench/near_limit.ts [MINUTES] [PERCENT]
 *
 * Apps that hold nine tenths of memory_mb, or PERCENT of it, and make garbage all the time: whether they are ended, and what their clients
 * wait, against the same app far below its limit, and against V8's own cap of the heap, which is what holds the limit
 * where garbage cannot be collected on demand.
 */
import { NanoProcess, runFlags } from "../support/nano_process.ts";
import { RawConnection } from "../support/raw_http.ts";
import { fromFileUrl, REPO } from "../support/repo.ts";
import { benchProject } from "./bench_project.ts";
import { timedGet } from "./keep_alive.ts";
import { pause } from "./reserve_wait.ts";
import { printTable } from "./table.ts";

const MIB = 1024 * 1024;
const LIMITS_MB = [64, 128, 256];
/** Of memory_mb that is held, what NANO's own code takes in the heap included. */
const HELD_PERCENT = 90;
/** An app so far below its limit that nobody ever looks at it. */
const FAR_MB = 4096;
/** What one entry of the app takes of the heap, measured on 200,000 of them; what an empty app's heap holds. */
const ENTRY_BYTES = 153;
const EMPTY_HEAP_BYTES = 7 * MIB;
/** Clients that wait for each answer before they ask again. */
const CLIENTS = 4;
const PAUSE_MS = 2;

/** Holds objects, and replaces some of them in each request: garbage that has grown old. */
const churningApp = (entries: number) => `
const entry = (i) => ({ i, list: [i, i + 1], text: "entry " + i });
const held = new Array(${entries});
for (let i = 0; i < held.length; i++) held[i] = entry(i);
let at = 0;
export default { fetch() {
  let sum = 0;
  for (let i = 0; i < 3000; i++) sum += entry(i).list.length;
  for (let i = 0; i < 300; i++) held[at = (at + 7919) % held.length] = entry(i);
  return new Response(String(sum));
} };`;

/** Prints three rows a limit. @param minutes each row */
async function benchNearLimit(minutes: number, heldPercent: number): Promise<void> {
  const rows: string[][] = [];
  for (const limitMb of LIMITS_MB) {
    const entries = Math.floor((heldPercent / 100 * limitMb * MIB - EMPTY_HEAP_BYTES) / ENTRY_BYTES);
    // All at once: what else the machine does meets each
    const [far, near, capped] = await Promise.all([
      measure(FAR_MB, entries, minutes),
      measure(limitMb, entries, minutes),
      measure(limitMb, entries, minutes, await cappedByV8()),
    ]);
    const ratio = ({ p99 }: Measured) => (p99 / far.p99).toFixed(2);
    rows.push(
      [`${limitMb}`, ...near.cells, ratio(near)],
      [`${limitMb}, V8's own cap`, ...capped.cells, ratio(capped)],
      [
        `${FAR_MB}, holding the same`,
        ...far.cells,
        "",
      ],
    );
  }
  printTable(`Garbage at ${heldPercent} % of memory_mb, ${minutes} minutes a row, ${CLIENTS} clients`, [
    "memory_mb",
    "requests",
    "failed",
    "ends",
    "heap MB, largest seen",
    "p50 ms",
    "p99 ms",
    "max ms",
    "p99 / far",
  ], rows);
}

interface Measured {
  readonly p99: number;
  readonly cells: readonly string[];
}

/** How `deno task nano` runs, without what lets NANO collect garbage on demand. */
async function cappedByV8(): Promise<[string, ...string[]]> {
  const flags = (await runFlags()).map((flag) => flag.replace(",--expose-gc", ""));
  return [Deno.execPath(), ...flags, fromFileUrl(new URL("admin/cli/main.ts", REPO))];
}

async function measure(
  memoryMb: number,
  entries: number,
  minutes: number,
  program?: [string, ...string[]],
): Promise<Measured> {
  const app = { files: churningApp(entries), config: { memory_mb: memoryMb, external_mb: 64 } };
  await using project = await benchProject({ churn: app }, { admin: { port: 0, token: TOKEN } });
  await using nano = await NanoProcess.start(project.configFile, program === undefined ? {} : { program });
  const until = performance.now() + minutes * 60_000;
  const waited: number[] = [];
  let failed = 0;
  let heapMb = 0;
  async function client(): Promise<void> {
    using connection = await RawConnection.open(nano.url, { timeoutMs: 2 * minutes * 60_000 });
    while (performance.now() < until) {
      const { ms, response } = await timedGet(connection, "churn");
      if (response.status === 200) waited.push(ms);
      else failed++;
      await pause(PAUSE_MS);
    }
  }
  async function watch(): Promise<void> {
    while (performance.now() < until) {
      const answer = await fetch(`${nano.adminUrl}/admin/apps/churn`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      heapMb = Math.max(heapMb, (await answer.json()).heap_bytes / MIB);
      await pause(1000);
    }
  }
  await Promise.all([...Array.from({ length: CLIENTS }, client), watch()]);
  waited.sort((a, b) => a - b);
  const at = (part: number) => waited[Math.min(waited.length - 1, Math.floor(waited.length * part))] ?? NaN;
  const ends = nano.events.filter(({ event }) => event === "app_exit");
  for (const { detail } of ends) console.log(`memory_mb ${memoryMb}: ended, ${detail}`);
  const ms = (part: number) => at(part).toFixed(1);
  return {
    p99: at(0.99),
    cells: [`${waited.length}`, `${failed}`, `${ends.length}`, heapMb.toFixed(0), ms(0.5), ms(0.99), ms(1)],
  };
}

const TOKEN = "near-limit-bench";

if (import.meta.main) {
  const [minutes = 1, heldPercent = HELD_PERCENT] = Deno.args.map(Number);
  await benchNearLimit(minutes, heldPercent);
}
