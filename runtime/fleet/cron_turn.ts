/** Whose turn a due job is: it runs once a fleet, on the node that the app's name and the live nodes point to. */
import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { FleetStore } from "./fleet_store.ts";

/** Others try so long after the node that comes first: it is gone, or busy. */
const OTHERS_WAIT_MS = 2_000;
/** An engine that gives no answer for so long gives none in time. */
const CLAIM_MS = 10_000;

/** What it works with. */
export interface CronTurnTools {
  readonly store: Pick<FleetStore, "claim">;
  readonly clock: Clock;
  readonly node: string;
  /** Names of the live nodes. */
  readonly nodes: () => readonly string[];
  /** What becomes of a job while the engine gives no answer. */
  readonly alone: "skip" | "run";
  readonly warn: (text: string) => void;
}

/** A job that is due. */
export interface DueJob {
  readonly app: string;
  readonly name: string;
  /** ms since the epoch. */
  readonly dueAt: number;
}

/** Decides whether a due job runs here; see `CronSchedule`. */
export async function cronTurn(job: DueJob, tools: CronTurnTools): Promise<boolean> {
  const { clock, node, store } = tools;
  if (firstNodeFor(job.app, [...tools.nodes(), node]) !== node) await pause(clock, OTHERS_WAIT_MS);
  const key = `${job.app}.${hashed(job.name)}.${Math.floor(job.dueAt / 60_000)}`;
  try {
    return await inClockTime(store.claim(`cron.${key}`, crypto.randomUUID()), clock);
  } catch {
    const what = tools.alone === "run" ? "runs here, and perhaps on others" : "is skipped";
    tools.warn(`Job "${job.name}" of app "${job.app}" ${what}: the fleet's engine cannot be reached`);
    return tools.alone === "run";
  }
}

/** Rendezvous hashing: when a node comes or goes, only its own apps move. */
export function firstNodeFor(app: string, nodes: readonly string[]): string {
  const ranked = nodes.map((node) => [hashed(`${app} ${node}`), node] as const);
  return ranked.reduce((best, one) => one[0] > best[0] ? one : best)[1];
}

/** A key may have no spaces and stars. */
function hashed(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

async function inClockTime<T>(work: Promise<T>, clock: Clock): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(CLAIM_MS, () => late.reject(new Error("no answer in time")));
  late.promise.catch(() => {});
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
