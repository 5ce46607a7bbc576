/** Watches the memory of the process and finds who made it grow. */
import { EMPTY_SIDE, type HeldSide, judgeCeiling } from "./memory_ceiling.ts";
import { UnexplainedMemory } from "./unexplained_memory.ts";
import { grownBytes, judgeGrowth, mebibytes, type Verdict, type Vitals } from "./verdict.ts";
import type { WatchedIsolate } from "./watched_isolate.ts";

/** A growth that makes the warden look at everybody at once. */
const RSS_JUMP_BYTES = 24 * 1024 * 1024;
/** Between two such looks, however fast the process grows. */
const JUMP_REST_MS = 100;
/** After a jump, the others' answers tell within this time whether it is theirs. */
const EXPLAIN_MS = 200;
/** The memory of an ended isolate comes back within this time; until then it is in nobody's report. */
const SETTLE_MS = 1500;
/** What a booted isolate costs the process beside its reported heap. */
const ISOLATE_BASE_BYTES = 8 * 1024 * 1024;

/** CPU in silence after which a thread may have taken memory that matters: 10 GB/s are the most. */
const UNKNOWN_CPU_MICROS = 30_000;

/** What the watch needs of the warden. */
export interface MemoryWatchTools {
  readonly isolates: ReadonlyMap<number, WatchedIsolate>;
  readonly now: () => number;
  /** Memory of the process without the host's own. */
  readonly rss: () => number;
  /** Asks everybody for a beat. */
  readonly lookAtAll: () => Promise<void>;
  /** Learns what the system tells of these threads; false when it could not be learned now. */
  readonly readThreads: (isolates: readonly WatchedIsolate[]) => Promise<boolean>;
  readonly end: (isolate: WatchedIsolate, verdict: Verdict) => void;
  readonly warn: (text: string) => void;
}

/** The watch over one process. */
export class MemoryWatch {
  readonly #tools: MemoryWatchTools;
  readonly #accounts = new UnexplainedMemory();
  /** All apps together may hold this much. */
  ceilingBytes = Infinity;
  /** Of that, what processes of their own have. */
  elsewhere: HeldSide = EMPTY_SIDE;
  /** All that no isolate reports. */
  unexplainedBytes = 0;
  #rssAtLook = Infinity;
  #nextJumpAt = 0;
  /** When the next account is due before its second is over. */
  #explainAt = Infinity;
  #settledAt = 0;
  #cpuAtRead = new Map<number, number>();
  /** By isolate whose answer is due: the process' memory without what others report, as last sampled. */
  readonly #restAtSample = new Map<number, number>();
  /** What ended isolates had: the process gives it back a little later. */
  #lingering: { readonly bytes: number; readonly until: number }[] = [];

  constructor(tools: MemoryWatchTools) {
    this.#tools = tools;
  }

  /** The process' memory without what others than this one report, and without what ended ones may still have. */
  restOf(isolate: WatchedIsolate): number {
    const present = this.#tools.now();
    let bytes = this.baseOf(isolate);
    for (const ended of this.#lingering) if (ended.until > present) bytes -= ended.bytes;
    return bytes;
  }

  /** The same with what ended ones still have: what growth is told from. */
  baseOf(isolate: WatchedIsolate): number {
    const { isolates, rss } = this.#tools;
    let others = isolate.ended ? 0 : -isolate.reportedBytes;
    for (const one of isolates.values()) others += one.reportedBytes;
    return rss() - others;
  }

  /** An isolate has ended: its memory comes back soon. */
  ended(isolate: WatchedIsolate): void {
    const { number, reportedBytes, vitals } = isolate;
    const present = this.#tools.now();
    this.#settledAt = present + SETTLE_MS;
    this.#lingering = this.#lingering.filter(({ until }) => until > present);
    // What it took since its last answer too: nobody reported that, and nobody else is to be blamed for it.
    const unreported = vitals.asked ? grownBytes(vitals, this.restOf(isolate)) : 0;
    this.#lingering.push({ bytes: reportedBytes + unreported, until: this.#settledAt });
    this.#restAtSample.delete(number);
    this.#accounts.ended(number);
    this.#cpuAtRead.delete(number);
  }

  /** A few dozen times a second: catches the silent while they grow, and the sum when it is too much. */
  async sample(): Promise<void> {
    const { now, rss, lookAtAll } = this.#tools;
    const present = now();
    const bytes = rss();
    this.#rssAtLook = Math.min(this.#rssAtLook, bytes);
    if (bytes - this.#rssAtLook > RSS_JUMP_BYTES && present >= this.#nextJumpAt) {
      this.#rssAtLook = bytes;
      this.#nextJumpAt = present + JUMP_REST_MS;
      this.#explainAt = Math.min(this.#explainAt, present + EXPLAIN_MS);
      await lookAtAll();
    }
    if (present >= Math.max(this.#explainAt, this.#settledAt)) await this.account();
    await this.#catchGrowth();
    if (bytes + this.elsewhere.heldBytes > this.ceilingBytes) this.#holdCeiling();
  }

  async #catchGrowth(): Promise<void> {
    const { isolates, now, readThreads, end } = this.#tools;
    const silent: WatchedIsolate[] = [];
    const unknown = [...isolates.values()].filter(({ vitals }) => isUnknown(vitals));
    for (const isolate of isolates.values()) {
      const { vitals } = isolate;
      if (!vitals.asked) {
        this.#restAtSample.delete(isolate.number);
        continue;
      }
      const rest = this.restOf(isolate);
      vitals.shrunkBytes += Math.max(0, (this.#restAtSample.get(isolate.number) ?? rest) - rest);
      this.#restAtSample.set(isolate.number, rest);
      if (now() < this.#settledAt || unknown.some((one) => one !== isolate)) {
        vitals.contested = true;
        vitals.calm = null;
      } else vitals.calm ??= { rest, cpuMicros: vitals.cpuMicros };
      // Who is silent gives nothing back: the memory of an ended neighbour does, and must not hide a growth. As it comes
      // back, not as it is expected: what came back at once would look like a growth when it is expected no more.
      vitals.restAtAnswer = Math.min(vitals.restAtAnswer, this.baseOf(isolate));
      if (rest - vitals.restAtAnswer > RSS_JUMP_BYTES) silent.push(isolate);
    }
    // Clocks are read first: growth alone accuses nobody.
    for (const isolate of silent) await isolate.readClock();
    const suspects = silent.filter((isolate) =>
      judgeGrowth({ ...isolate.vitals, touchedBytes: null }, this.restOf(isolate)) !== null
    );
    if (suspects.length === 0) return;
    if (!await readThreads(suspects)) return;
    let worst: { isolate: WatchedIsolate; verdict: Verdict; grown: number } | null = null;
    for (const isolate of suspects) {
      const rest = this.restOf(isolate);
      const verdict = isolate.ended ? null : judgeGrowth(isolate.vitals, rest);
      // By what each touched, not by the growth of the process, which is the same for all.
      const grown = grownBytes(isolate.vitals, Infinity);
      if (verdict !== null && grown > (worst?.grown ?? 0)) worst = { isolate, verdict, grown };
    }
    if (worst !== null) end(worst.isolate, worst.verdict);
  }

  /** Once a second, and soon after a jump: brings the accounts of what nobody reports up to date. */
  async account(): Promise<void> {
    const { isolates, now, rss, readThreads, end, warn } = this.#tools;
    const moved = [...isolates.values()].filter(({ number, vitals }) =>
      vitals.touchedBytes === null || vitals.cpuMicros !== this.#cpuAtRead.get(number)
    );
    // Where somebody ends every second as well: whose growth it is, is told from what each had touched before.
    if (moved.length > 0 && !await readThreads(moved)) return;
    const all = [...isolates.values()];
    for (const { number, vitals } of all) this.#cpuAtRead.set(number, vitals.cpuMicros);
    // What grows meanwhile is not forgotten: the next account compares with the one before the end.
    if (now() < this.#settledAt) return;
    this.#explainAt = Infinity;
    const reported = all.reduce((total, one) => total + one.reportedBytes, 0);
    const finding = this.#accounts.look(
      rss() - reported - all.length * ISOLATE_BASE_BYTES,
      all.map(({ number, vitals }) => ({
        number,
        cpuMicros: vitals.cpuMicros,
        touchedBytes: vitals.touchedBytes,
        roomBytes: Math.max(0, vitals.externalLimitBytes - vitals.externalBytes),
      })),
    );
    this.unexplainedBytes = finding.unexplainedBytes;
    if (finding.ownerlessBytes !== null) {
      warn(
        `${mebibytes(finding.ownerlessBytes)} of memory are reported by no app, and whose they are cannot be told: ` +
          "nobody is ended for them",
      );
    }
    const { guilty } = finding;
    if (guilty === null) return;
    const detail = `${mebibytes(guilty.bytes)} outside the heap that it does not report`;
    end(isolates.get(guilty.number)!, { reason: "out_of_memory", detail });
  }

  #holdCeiling(): void {
    const { isolates, now, rss, end } = this.#tools;
    // One at a time: what an ended one held comes back first.
    if (now() < this.#settledAt) return;
    const held = [...isolates.values()].map(({ number, vitals, reportedBytes }) => ({
      number,
      heldBytes: reportedBytes + this.#accounts.chargedTo(number),
      // An isolate that is no app yet has no allowance outside its heap.
      allowedBytes: vitals.heapLimitBytes +
        (Number.isFinite(vitals.externalLimitBytes) ? vitals.externalLimitBytes : 0),
    }));
    const worst = judgeCeiling(rss(), this.ceilingBytes, held, this.elsewhere);
    if (worst !== null) end(isolates.get(worst.number)!, worst.verdict);
  }
}

/** Whether an isolate's memory may be other than it last said: it computes and does not answer, or it boots. */
function isUnknown({ answered, asked, cpuMicros, cpuAtAnswer }: Vitals): boolean {
  return !answered || asked && cpuMicros - cpuAtAnswer > UNKNOWN_CPU_MICROS;
}
