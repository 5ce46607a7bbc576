/// <reference lib="deno.worker" />
/** The permission-less parent of isolates: spawns them with a heap cap, watches them, ends them with a reason. */
import { Worker as CappedWorker } from "node:worker_threads";
import {
  counterOf,
  type Heartbeat,
  HOST_KIB,
  type IsolateFigures,
  type WardenCommand,
  type WardenReport,
} from "../protocol/messages.ts";
import {
  couldHaveGrown,
  judge,
  judgeGrowth,
  judgeUnexplained,
  newVitals,
  TICK_MS,
  type Verdict,
  type Vitals,
} from "./verdict.ts";

/** Between two looks at an idle one: 500 idle apps cost under 2 % of a core. */
const IDLE_BEAT_MS = 1000;
/** Between two reports of figures to the host. */
const FIGURES_MS = 1000;
/** Between two samples of the process' memory; keeps an allocating app within about 35 MB of its limit. */
const RSS_SAMPLE_MS = 25;
/** A growth between two samples that makes the warden look at everybody at once. */
const RSS_JUMP_BYTES = 24 * 1024 * 1024;
/** After a jump, the others' answers tell within this time whether it is theirs. */
const EXPLAIN_MS = 200;
/** The memory of an ended isolate comes back within this time; until then it is in nobody's report. */
const SETTLE_MS = 1500;
/** What a booted isolate costs the process beside its reported heap. */
const ISOLATE_BASE_BYTES = 8 * 1024 * 1024;

/** Deno's types of node:worker_threads lack the CPU clock, which works while the worker is busy. */
type WatchedWorker = CappedWorker & { cpuUsage(): Promise<{ user: number; system: number }> };

interface Isolate {
  readonly number: number;
  readonly worker: WatchedWorker;
  readonly heartbeat: MessagePort;
  readonly vitals: Vitals;
  nextBeatAt: number;
  beat: number;
  /** CPU clock one memory check ago. */
  cpuAtCheck: number;
  ended: boolean;
}

const isolates = new Map<number, Isolate>();
let bootUrl: URL | null = null;
let inFlight: Int32Array | null = null;
const now = () => performance.now();

function report(message: WardenReport): void {
  self.postMessage(message);
}

self.onmessage = (event: MessageEvent<WardenCommand>) => {
  const command = event.data;
  switch (command.type) {
    case "boot_source":
      bootUrl = new URL(`data:text/javascript,${encodeURIComponent(command.source)}`);
      inFlight = new Int32Array(command.inFlight);
      report({ type: "up" });
      break;
    case "spawn":
      spawn(command.isolate, command.memoryMb, command.port);
      break;
    case "limits": {
      const vitals = isolates.get(command.isolate)?.vitals;
      if (vitals !== undefined) {
        vitals.cpuLimitMs = command.cpuMs;
        vitals.externalLimitBytes = command.externalBytes;
        // Only a booted isolate is given an app; that may compute before its first beat was asked for.
        vitals.answered = true;
      }
      break;
    }
    case "kill": {
      const isolate = isolates.get(command.isolate);
      if (isolate !== undefined) end(isolate, "terminated", "the host asked");
      break;
    }
  }
};

/** V8's limit is old space + 1.5 x young space. */
function heapSpaces(memoryMb: number): { maxOldGenerationSizeMb: number; maxYoungGenerationSizeMb: number } {
  const young = Math.max(1, Math.min(16, Math.floor(memoryMb / 8)));
  return { maxOldGenerationSizeMb: Math.max(8, Math.round(memoryMb - 1.5 * young)), maxYoungGenerationSizeMb: young };
}

function spawn(number: number, memoryMb: number, port: MessagePort): void {
  const channel = new MessageChannel();
  const worker = new CappedWorker(bootUrl!, {
    resourceLimits: { ...heapSpaces(memoryMb), stackSizeMb: 4 },
    env: {},
    stdout: true,
    stderr: true,
    workerData: { port, heartbeat: channel.port2 },
    // deno-lint-ignore no-explicit-any
    transferList: [port as any, channel.port2 as any],
  }) as WatchedWorker;
  // Frames on these streams grow the parent without bound when nobody reads them.
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.on("data", () => {});
    stream.on("error", () => {});
  }
  const isolate: Isolate = {
    number,
    worker,
    heartbeat: channel.port1,
    nextBeatAt: 0,
    beat: 0,
    cpuAtCheck: 0,
    ended: false,
    vitals: newVitals(memoryMb, memoryOfApps()),
  };
  isolates.set(number, isolate);
  channel.port1.onmessage = (event: MessageEvent<Heartbeat>) => onAnswer(isolate, event.data);
  worker.on("error", (error: Error & { code?: string }) => {
    const out = error.code === "ERR_WORKER_OUT_OF_MEMORY";
    end(isolate, out ? "out_of_memory" : "uncaught_error", out ? "the heap limit was hit" : String(error.message));
  });
  worker.on("exit", () => end(isolate, "terminated", "the isolate ended by itself"));
  report({ type: "spawned", isolate: number, threadId: worker.threadId });
}

function onAnswer(isolate: Isolate, answer: Heartbeat): void {
  if (isolate.ended || !Array.isArray(answer)) return;
  const { vitals } = isolate;
  vitals.heapBytes = finite(answer[2]);
  vitals.externalBytes = finite(answer[3]);
  vitals.heapLimitGrew = vitals.heapLimitGrew || answer[4] === true;
  vitals.asked = false;
  vitals.missedTicks = 0;
  vitals.answered = true;
  execute(isolate, judge(vitals));
}

function execute(isolate: Isolate, verdict: Verdict | null): void {
  if (verdict !== null) end(isolate, verdict.reason, verdict.detail);
}

function finite(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}

type EndReason = Extract<WardenReport, { type: "exit" }>["reason"];

function end(isolate: Isolate, reason: EndReason, detail: string): void {
  if (isolate.ended) return;
  isolate.ended = true;
  settledAt = now() + SETTLE_MS;
  isolates.delete(isolate.number);
  isolate.heartbeat.close();
  report({ type: "exit", isolate: isolate.number, reason, detail, cpuMicros: isolate.vitals.cpuMicros });
  // The promise only says that the call was made; the host watches the thread itself.
  isolate.worker.terminate().catch(() => {});
}

/** Reads a thread's CPU clock; false when it is just starting or ending, which its exit event will tell. */
async function readClock(isolate: Isolate): Promise<boolean> {
  try {
    const usage = await isolate.worker.cpuUsage();
    isolate.vitals.cpuMicros = usage.user + usage.system;
    return !isolate.ended;
  } catch {
    return false;
  }
}

function isBusy(isolate: Isolate): boolean {
  return Atomics.load(inFlight!, counterOf(isolate.number, inFlight!.length)) > 0;
}

/** One look at every isolate that is due: asks for a beat, reads the CPU clock, judges what is known. */
async function look(everyone: boolean): Promise<void> {
  const present = now();
  for (const isolate of [...isolates.values()]) {
    const { vitals } = isolate;
    if (!everyone && !vitals.asked && present < isolate.nextBeatAt && !isBusy(isolate)) continue;
    const before = vitals.cpuMicros;
    if (!await readClock(isolate)) continue;
    if (vitals.asked) {
      if (!everyone) vitals.missedTicks++;
    } else {
      vitals.asked = true;
      vitals.cpuAtAsk = vitals.cpuMicros;
      // Growth since its last answer may be a neighbour's: an idle isolate answers once a second only.
      vitals.rssAtAsk = memoryOfApps();
      isolate.heartbeat.postMessage(++isolate.beat);
      const works = vitals.cpuMicros > before || vitals.heapBytes > vitals.heapLimitBytes / 2;
      isolate.nextBeatAt = present + (works ? TICK_MS : IDLE_BEAT_MS);
    }
    execute(isolate, judge(vitals));
  }
}

/** The process without the host's own heap and buffers: streams leave garbage there that is no app's. */
function memoryOfApps(): number {
  const host = inFlight === null ? 0 : Atomics.load(inFlight, HOST_KIB) * 1024;
  return Deno.memoryUsage().rss - host;
}

let lastRss = Infinity;
/** The process without its isolates' reported memory, at its lowest. */
let baseRss = Infinity;

/** Finds who makes the process grow: the silent first, then whoever computes while nobody reports the growth. */
async function checkMemory(): Promise<void> {
  const rss = memoryOfApps();
  const jumped = rss - lastRss > RSS_JUMP_BYTES;
  lastRss = rss;
  if (jumped) await look(true);
  if (jumped) explainAt = Math.min(explainAt, now() + EXPLAIN_MS);
  if (now() >= explainAt) checkUnexplained();
  // Clocks are read first: growth alone accuses nobody.
  const asked = [...isolates.values()].filter(({ vitals }) => vitals.asked && rss - vitals.rssAtAsk > RSS_JUMP_BYTES);
  for (const isolate of asked) await readClock(isolate);
  const suspects = asked.filter((isolate) => judgeGrowth(isolate.vitals, rss) !== null);
  const worst = mostCpu(suspects, (isolate) => isolate.vitals.cpuMicros - isolate.vitals.cpuAtAsk);
  if (worst !== null) execute(worst, judgeGrowth(worst.vitals, rss));
}

let lastUnexplained = 0;
/** When the next check is due before its second is over. */
let explainAt = Infinity;
let settledAt = 0;

/** Once a second, and soon after a jump: memory that no isolate reports is charged to the one that computed most meanwhile. */
function checkUnexplained(): void {
  // What grows meanwhile is not forgotten: the next check compares with the one before the end.
  if (now() < settledAt) return;
  explainAt = Infinity;
  let reported = 0;
  for (const { vitals } of isolates.values()) reported += vitals.heapBytes + vitals.externalBytes;
  const rest = memoryOfApps() - reported - isolates.size * ISOLATE_BASE_BYTES;
  baseRss = Math.min(baseRss, rest);
  const unexplained = rest - baseRss;
  const grown = unexplained - lastUnexplained;
  lastUnexplained = unexplained;
  const all = [...isolates.values()];
  const spent = (isolate: Isolate) => isolate.vitals.cpuMicros - isolate.cpuAtCheck;
  const worst = mostCpu(all, spent);
  const isGuilty = worst !== null && grown > RSS_JUMP_BYTES && couldHaveGrown(spent(worst), grown);
  for (const isolate of all) isolate.cpuAtCheck = isolate.vitals.cpuMicros;
  if (isGuilty) execute(worst, judgeUnexplained(worst.vitals, unexplained));
}

function mostCpu(from: readonly Isolate[], spent: (isolate: Isolate) => number): Isolate | null {
  let worst: Isolate | null = null;
  for (const isolate of from) {
    if (!isolate.ended && (worst === null || spent(isolate) > spent(worst))) worst = isolate;
  }
  return worst;
}

/** Runs one round after the other, never two at once. */
function every(intervalMs: number, round: () => void | Promise<void>): void {
  let running = false;
  setInterval(async () => {
    if (running) return;
    running = true;
    try {
      await round();
    } finally {
      running = false;
    }
  }, intervalMs);
}

every(TICK_MS, () => look(false));
every(RSS_SAMPLE_MS, checkMemory);
every(FIGURES_MS, () => {
  checkUnexplained();
  const figures = [...isolates.values()].map(({ number, vitals }): IsolateFigures => [
    number,
    vitals.heapBytes,
    vitals.externalBytes,
    vitals.cpuMicros,
  ]);
  report({ type: "figures", figures });
});
