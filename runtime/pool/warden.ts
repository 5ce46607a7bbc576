/// <reference lib="deno.worker" />
/** The permission-less parent of isolates: spawns them with a heap cap, watches them, ends them with a reason. */
import { Worker as CappedWorker } from "node:worker_threads";
import {
  COLLECT,
  counterOf,
  type Heartbeat,
  HOST_KIB,
  type IsolateBootData,
  type IsolateFigures,
  type WardenCommand,
  type WardenReport,
} from "../protocol/messages.ts";
import { BOOT_MODULE } from "./boot_module.ts";
import { heapSpaces } from "./heap_spaces.ts";
import { HeldJudge } from "./held_judge.ts";
import { MemoryWatch } from "./memory_watch.ts";
import { ThreadInquiry } from "./thread_inquiry.ts";
import { judge, newVitals, TICK_MS, type Verdict } from "./verdict.ts";
import { WatchedIsolate, type WatchedWorker } from "./watched_isolate.ts";

/** Between two looks at an idle one: 500 idle apps cost under 2 % of a core. */
const IDLE_BEAT_MS = 1000;
/** Between two reports of figures to the host. */
const FIGURES_MS = 1000;
/** Between two samples of the process' memory; keeps an allocating app within about 35 MB of its limit. */
const RSS_SAMPLE_MS = 25;

/**
 * How long an isolate that is ended by the host may compute on until its turn is over: an app's start with many imports
 * takes seconds on a machine under load, and what only loops costs a core for that long.
 */
const TURN_MS = 5000;
/** The same for one that boots: a boot takes 0.1 s on a quiet machine, its bound is the reserve's. */
const BOOT_MS = 30_000;
/** Whether garbage can be collected on demand (`--expose-gc`); without it V8's own limit has to hold the cap. */
const canCollect = typeof Reflect.get(globalThis, "gc") === "function";

const isolates = new Map<number, WatchedIsolate>();
/** Reported as ended, and about to be. */
const ending = new Set<Promise<void>>();
let bootSource = "";
let inFlight: Int32Array | null = null;
/** The process' memory without the host's own, as last sampled. */
let rssOfApps = 0;
/** Reports of figures, and the last one that the host has taken. */
let figuresMade = 0;
let figuresTaken = 0;
const now = () => performance.now();

const threads = new ThreadInquiry((question, numbers) => {
  report({ type: "ask_threads", question, isolates: numbers });
});
const memory = new MemoryWatch({
  isolates,
  now,
  rss: () => rssOfApps,
  lookAtAll: () => look(true),
  readThreads: (wanted) => threads.read(wanted),
  end: execute,
  warn: (text) => report({ type: "warning", text }),
});

function report(message: WardenReport): void {
  self.postMessage(message);
}

self.onmessage = (event: MessageEvent<WardenCommand>) => {
  const command = event.data;
  switch (command.type) {
    case "boot_source":
      bootSource = command.source;
      inFlight = new Int32Array(command.inFlight);
      report({ type: "up" });
      break;
    case "ceiling":
      memory.ceilingBytes = command.bytes;
      break;
    case "elsewhere":
      memory.elsewhere = command.side;
      break;
    case "figures_taken":
      figuresTaken = command.number;
      break;
    case "threads":
      threads.take(command.question, command.threads);
      break;
    case "spawn":
      spawn(command.isolate, command.memoryMb, command.port);
      break;
    case "limits": {
      const isolate = isolates.get(command.isolate);
      if (isolate !== undefined) {
        isolate.vitals.cpuLimitMs = command.cpuMs;
        isolate.vitals.externalLimitBytes = command.externalBytes;
        isolate.appComes(now(), command.touchedBytes);
        // Only a booted isolate is given an app; that may compute before its first beat was asked for.
        if (!isolate.vitals.answered) isolate.countFrom(memory.baseOf(isolate));
        if (command.touchedBytes === null) void threads.read([isolate]);
      }
      break;
    }
    case "kill": {
      const isolate = isolates.get(command.isolate);
      if (isolate !== undefined) endBetweenTurns(isolate);
      break;
    }
    case "close":
      for (const isolate of [...isolates.values()]) endBetweenTurns(isolate);
      void Promise.all(ending).then(close);
      break;
  }
};

function spawn(number: number, memoryMb: number, port: MessagePort): void {
  const channel = new MessageChannel();
  const hostWait = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const worker = new CappedWorker(BOOT_MODULE, {
    resourceLimits: { ...heapSpaces(memoryMb, canCollect), stackSizeMb: 4 },
    env: {},
    stdout: true,
    stderr: true,
    workerData: {
      port,
      heartbeat: channel.port2,
      heapBytes: memoryMb * 1024 * 1024,
      hostWait,
      bootSource,
    } satisfies IsolateBootData,
    // deno-lint-ignore no-explicit-any
    transferList: [port as any, channel.port2 as any],
  }) as WatchedWorker;
  // Frames on these streams grow the parent without bound when nobody reads them.
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.on("data", () => {});
    stream.on("error", () => {});
  }
  const isolate = new WatchedIsolate(number, {
    worker,
    heartbeat: channel.port1,
    hostWait,
    vitals: newVitals(memoryMb, { rest: rssOfApps, canCollect }),
    heldJudge: canCollect ? new HeldJudge(memoryMb * 1024 * 1024) : null,
  });
  isolates.set(number, isolate);
  channel.port1.onmessage = (event: MessageEvent<Heartbeat>) => onAnswer(isolate, event.data);
  worker.on("error", (error: Error & { code?: string }) => {
    const out = error.code === "ERR_WORKER_OUT_OF_MEMORY";
    end(isolate, out ? "out_of_memory" : "uncaught_error", out ? "the heap limit was hit" : String(error.message));
  });
  worker.on("exit", () => {
    isolate.exited();
    end(isolate, "terminated", "the isolate ended by itself");
  });
  report({ type: "spawned", isolate: number, threadId: worker.threadId });
}

function onAnswer(isolate: WatchedIsolate, answer: Heartbeat): void {
  if (isolate.ended || !Array.isArray(answer)) return;
  const finding = isolate.answer(answer, { nowMs: now(), base: memory.baseOf(isolate) });
  const verdict = judge(isolate.vitals, memory.restOf(isolate));
  if (verdict !== null) execute(isolate, verdict);
  else if (finding !== null && "verdict" in finding) execute(isolate, finding.verdict);
  else if (finding !== null) {
    isolate.nextBeatAt = now() + TICK_MS;
    // The clock is read first: what it computed until now is not the collection's.
    void isolate.readClock().then((lives) => {
      // The last step comes with the next look: finalizers need a turn of the isolate's event loop first.
      if (lives && !isolate.vitals.asked && finding.collect !== COLLECT.NOTHING) isolate.ask();
    });
  }
}

function execute(isolate: WatchedIsolate, verdict: Verdict): void {
  end(isolate, verdict.reason, verdict.detail);
}

/** As an isolate does, the warden closes itself: it would panic as one in the midst of what an exit loads. */
function close(): void {
  report({ type: "closed" });
  self.close();
}

type EndReason = Extract<WardenReport, { type: "exit" }>["reason"];

function end(isolate: WatchedIsolate, reason: EndReason, detail: string): void {
  if (isolate.ended) return;
  tellEnd(isolate, reason, detail);
  isolate.end();
}

/** What the host asked for; it is told at once. */
function endBetweenTurns(isolate: WatchedIsolate): void {
  if (isolate.ended) return;
  tellEnd(isolate, "terminated", "the host asked");
  const end = isolate.endBetweenTurns(isolate.vitals.answered ? TURN_MS : BOOT_MS);
  ending.add(end);
  void end.then(() => ending.delete(end));
}

function tellEnd(isolate: WatchedIsolate, reason: EndReason, detail: string): void {
  memory.ended(isolate);
  isolates.delete(isolate.number);
  report({ type: "exit", isolate: isolate.number, reason, detail, cpuMicros: isolate.vitals.cpuMicros });
}

function isBusy(isolate: WatchedIsolate): boolean {
  return Atomics.load(inFlight!, counterOf(isolate.number, inFlight!.length)) > 0;
}

/** One look at every isolate that is due: asks for a beat, reads the CPU clock, judges what is known. */
async function look(everyone: boolean): Promise<void> {
  const present = now();
  for (const isolate of [...isolates.values()]) {
    const { vitals } = isolate;
    if (!everyone && !vitals.asked && present < isolate.nextBeatAt && !isBusy(isolate)) continue;
    const before = vitals.cpuMicros;
    if (!await isolate.readClock()) continue;
    if (vitals.asked) {
      if (!everyone) isolate.missTick(vitals.cpuMicros > before);
    } else {
      const isQuiet = !everyone && !isBusy(isolate) && vitals.cpuMicros === before;
      isolate.ask(isolate.tidying.due(present, isQuiet, vitals));
      const works = vitals.cpuMicros > before || vitals.heapBytes > vitals.heapLimitBytes / 2;
      isolate.nextBeatAt = present + (works ? TICK_MS : IDLE_BEAT_MS);
    }
    const verdict = judge(vitals, memory.restOf(isolate));
    if (verdict?.reason === "unresponsive") await confirm(isolate);
    else if (verdict !== null) execute(isolate, verdict);
  }
}

/** Before an isolate is called unresponsive: whether it touched memory that explains its silence, or waits for a core. */
async function confirm(isolate: WatchedIsolate): Promise<void> {
  if (!await threads.read([isolate]) || isolate.ended) return;
  const verdict = judge(isolate.vitals, memory.restOf(isolate), { isFresh: true });
  if (verdict !== null) execute(isolate, verdict);
}

/** The process without the host's own heap and buffers: streams leave garbage there that is no app's. */
function sampleRss(): void {
  const host = inFlight === null ? 0 : Atomics.load(inFlight, HOST_KIB) * 1024;
  rssOfApps = Deno.memoryUsage().rss - host;
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
every(RSS_SAMPLE_MS, () => {
  sampleRss();
  return memory.sample();
});
every(FIGURES_MS, async () => {
  await memory.account();
  const figures = [...isolates.values()].map(({ number, vitals, beats, heard }): IsolateFigures => [
    number,
    vitals.heapBytes,
    vitals.externalBytes,
    vitals.cpuMicros,
    beats,
    heard,
  ]);
  const { unexplainedBytes } = memory;
  report({ type: "figures", figures, unexplainedBytes, number: ++figuresMade, taken: figuresTaken });
});
