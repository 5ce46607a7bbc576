/** The streams of a fleet on NATS servers: made when they are not there, and otherwise taken as they are. */
import {
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { messageOf } from "../errors.ts";
import type { NatsEngine } from "./engine_config.ts";
import { fleetUnavailable } from "./fleet_store.ts";
import { natsFailure } from "./nats_failures.ts";
import { type NatsNames, natsNames } from "./nats_names.ts";

const NANOSECONDS = 1_000_000;
/** What servers remember of ids of messages by default; may not be longer than messages are kept. */
const DUPLICATES_MS = 120_000;
/** Between two looks for a stream that somebody else makes, and looks: an election takes a second or two. */
const MADE_EVERY_MS = 100;
const MADE_LOOKS = 30;

/** What is one's own of a stream. */
export interface StreamPlan extends Pick<StreamConfig, "name" | "storage"> {
  readonly subjects: readonly string[];
  /** Of every message, or null for ever. */
  readonly keptMs: number | null;
  /** Whether messages may say how long they are kept; servers from 2.11 on know that. */
  readonly isTimed?: boolean;
}

/** Makes sure that all are there. */
export async function ensureStreams(jsm: JetStreamManager, names: NatsNames, engine: NatsEngine): Promise<void> {
  for (const plan of plans(names, engine)) await ensureStream(jsm, plan, engine.replicas);
}

/** Of the leases of a space. */
export function leasePlan({ space, times }: NatsEngine): StreamPlan {
  const { streams, prefixes } = natsNames(space);
  const storage = StorageType.File;
  return { name: streams.leases, subjects: [`${prefixes.leases}>`], storage, keptMs: times.leaseMs };
}

function plans({ epoch, streams, prefixes }: NatsNames, engine: NatsEngine): StreamPlan[] {
  const { times } = engine;
  const kept = StorageType.File;
  return [
    { name: streams.state, subjects: [epoch, `${prefixes.state}>`], storage: kept, keptMs: null },
    { name: streams.blobs, subjects: [`${prefixes.blobs}>`], storage: kept, keptMs: null },
    leasePlan(engine),
    { name: streams.claims, subjects: [`${prefixes.claims}>`], storage: kept, keptMs: times.claimMs },
    // Told again every few seconds: not worth a write to a disk, and apart from the state, whose head it would move.
    { name: streams.nodes, subjects: [`${prefixes.nodes}>`], storage: StorageType.Memory, keptMs: times.nodeSeenMs },
  ];
}

/** Makes sure that one is there. */
export async function ensureStream(
  jsm: JetStreamManager,
  { keptMs, isTimed = false, ...plan }: StreamPlan,
  replicas: number,
): Promise<void> {
  try {
    await jsm.streams.info(plan.name);
    return;
  } catch (error) {
    if (natsFailure(error) !== "missing") throw error;
  }
  try {
    await jsm.streams.add({
      ...plan,
      subjects: [...plan.subjects],
      retention: RetentionPolicy.Limits,
      // The newest of each subject; full means refused, never that something else goes.
      max_msgs_per_subject: 1,
      discard: DiscardPolicy.New,
      num_replicas: replicas,
      allow_direct: true,
      ...isTimed && { allow_msg_ttl: true },
      ...keptMs !== null && {
        max_age: keptMs * NANOSECONDS,
        duplicate_window: Math.min(keptMs, DUPLICATES_MS) * NANOSECONDS,
      },
    });
  } catch (error) {
    if (natsFailure(error) === "passing") throw error;
    // Another call may make it just now, or has made it by other settings; or this login may not.
    if (!await isMade(jsm, plan.name)) {
      throw fleetUnavailable(`make stream "${plan.name}"`, new Error(messageOf(error)));
    }
  }
}

/** Of several servers one learns of a stream that is being made after the other. */
async function isMade(jsm: JetStreamManager, name: string): Promise<boolean> {
  for (let look = 0; look < MADE_LOOKS; look++) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, MADE_EVERY_MS));
    try {
      await jsm.streams.info(name);
      return true;
    } catch (error) {
      if (natsFailure(error) !== "missing") return false;
    }
  }
  return false;
}
