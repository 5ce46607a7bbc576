/** Whose turn a due job is: it runs once a fleet, on the node that the app's name and the live nodes point to. */
import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { CLAIM_MS, type FleetStore } from "./fleet_store.ts";

/** Others try so long after the node that comes first: it is gone, or busy. */
const OTHERS_WAIT_MS = 2_000;
/** An engine that gives no answer for so long gives none in time. */
const ANSWER_MS = 10_000;
/**
 * A turn is claimed by its minute, and a claim stands for a while by the engine's clock. Who is further from the turn
 * might claim it when an earlier claim has ended, or would end it before its time for all others.
 */
const APART_MS = CLAIM_MS / 2;

/** What it works with. */
export interface CronTurnTools {
  readonly store: Pick<FleetStore, "claim">;
  readonly clock: Clock;
  /** ms since the epoch, as the engine has it. */
  readonly engineTime: () => Promise<number>;
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
  const { clock, engineTime, node, store, warn } = tools;
  if (firstNodeFor(job.app, [...tools.nodes(), node]) !== node) await pause(clock, OTHERS_WAIT_MS);
  const key = `${job.app}.${hashed(job.name)}.${Math.floor(job.dueAt / 60_000)}`;
  const of = `Job "${job.name}" of app "${job.app}"`;
  try {
    const apartMs = await inClockTime(engineTime(), clock) - job.dueAt;
    if (Math.max(Math.abs(apartMs), Math.abs(clock.wall() - job.dueAt)) > APART_MS) {
      const minutes = Math.round(apartMs / 60_000);
      warn(
        `${of} is left to other nodes: by the engine's clock its time is ${minutes < 0 ? "in " : ""}${
          Math.abs(minutes)
        } min${minutes < 0 ? "" : " ago"}`,
      );
      return false;
    }
    return await inClockTime(store.claim(`cron.${key}`, crypto.randomUUID()), clock);
  } catch (error) {
    const what = tools.alone === "run" ? "runs here, and perhaps on others" : "is skipped";
    warn(`${of} ${what}: ${messageOf(error)}`);
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
  const cancel = clock.after(ANSWER_MS, () => late.reject(new Error("the fleet's engine gives no answer in time")));
  late.promise.catch(() => {});
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
