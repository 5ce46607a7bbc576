/** Weighs what was seen of the isolates when a host died: how likely each of them ended it. Pure arithmetic. */
import type { FlightEntry } from "../../runtime/mod.ts";
import type { ThreadActivity } from "./thread_sampler.ts";

/** A version of an app, and how likely it ended the host. */
export interface Charge {
  readonly app: string;
  readonly version: string;
  /** Between 0 and 1; the shares of all and of causes that nobody saw make 1 together. */
  readonly share: number;
  /** What it did, as in `computed for 300 ms`. */
  readonly reason: string;
}

/** What was seen of a death. Times are ms since the epoch. */
export interface Scene {
  /** When the host was last known to live, or a moment after. */
  readonly at: number;
  /** The process ended itself by a signal, as V8 and Rust do; else an operator or the kernel may have been the one. */
  readonly isCrash: boolean;
  readonly flight: readonly FlightEntry[];
  readonly threads: readonly ThreadActivity[];
}

/**
 * How much more likely the one who ended the host is seen like this than somebody innocent. Innocents boot and serve all
 * the time, but for a long stretch they compute without a word hardly ever.
 */
const WEIGHT = {
  /** Killed by the host, and its thread computes on: a call that V8 cannot interrupt. */
  endingAndComputing: 100,
  /** Killed, and its thread lives longer than any that can be stopped. */
  endingLong: 100,
  ending: 10,
  bootingAndComputing: 100,
  /** So short a time that nobody could have seen it compute. */
  bootingFresh: 15,
  booting: 5,
  /** Holds requests, computes and says nothing. */
  quietAndComputing: 100,
  /** Computes ever since its request came. */
  computingSinceRequest: 60,
  /** Computes without any request: a timer, or work after the response. */
  background: 50,
  /** Computes, and answers meanwhile: an app in demand. */
  speakingAndComputing: 4,
  /** Its request came so short a time ago that nobody could have seen it compute. */
  requestFresh: 8,
  /** Holds requests and waits: a stream, a slow upstream. */
  waiting: 0.3,
  /** A cause that nobody saw. */
  unseen: 1,
  /** A signal from outside: the kernel's when memory runs out, or an operator's. */
  outside: 5,
} as const;

/** What began within this time may not have been sampled. */
const UNSEEN_MS = 150;
/** A thread that can be stopped is gone within this time. */
const ENDS_WITHIN_MS = 250;
/**
 * Who was seen at it in one look only may have been woken for a moment and waited for a core: on a busy machine idle threads
 * look like that as well. From there on its weight grows with the time.
 */
const ONE_LOOK_MS = 80;
const SURE_AFTER_MS = 200;
const LEAST_SURENESS = 0.03;
/**
 * The same for the part of a core that it had: who is woken to answer the watch, or to collect what its start left behind,
 * takes up to 15 ms, and waits for them as long as the machine is busy. One that holds a request is asked every 50 ms and
 * takes a millisecond or two each time. Who had no more than that does not compute, however long it waited.
 */
const WOKEN_RAN_MS = 20;
const WOKEN_PART = 0.04;
const SURE_RAN_MS = 40;
/** Computing began with the request if it did so within this time. */
const SAME_MOMENT_MS = 120;
/** An app that does something all the time says little by doing it; below this its weight does not fall. */
const LEAST_RARITY = 0.05;
/** An app is taken to have idled so long before it was first seen. */
const PRIOR_MS = 2_000;
/** What a thread computes until its isolate is booted, before any code of an app. */
const BOOT_MS = 1_000;
/** Who has less of the share is not named. */
const LEAST_SHARE = 0.1;

/** The suspects of a death, the likeliest first. */
export function weigh(scene: Scene): Charge[] {
  const threads = new Map(scene.threads.map((thread) => [thread.name, thread]));
  const byVersion = new Map<string, Charge>();
  let total: number = scene.isCrash ? WEIGHT.unseen : WEIGHT.outside;
  for (const entry of scene.flight) {
    const { weight, reason } = weightOf(entry, threads.get(`worker-${entry.threadId}`), scene.at);
    total += weight;
    const { app, version } = entry;
    const key = `${app}\n${version}`;
    const known = byVersion.get(key);
    // An isolate that ends and the one that follows it are one suspect.
    const isWorse = known === undefined || weight > known.share;
    byVersion.set(key, {
      app,
      version,
      share: (known?.share ?? 0) + weight,
      reason: isWorse ? reason : known.reason,
    });
  }
  return [...byVersion.values()].map((charge) => ({ ...charge, share: charge.share / total }))
    .filter(({ share }) => share >= LEAST_SHARE)
    .sort((one, other) => other.share - one.share);
}

interface Weighed {
  readonly weight: number;
  readonly reason: string;
}

function weightOf(entry: FlightEntry, thread: ThreadActivity | undefined, at: number): Weighed {
  const activeSince = thread?.activeSince ?? null;
  const computes = activeSince !== null;
  const forMs = (since: number) => `for ${Math.max(0, Math.round(at - since))} ms`;
  switch (entry.phase) {
    case "ending": {
      // One that is gone did as it was told.
      if (computes && !thread!.hasEnded) {
        const reason = `computed on ${forMs(entry.since)} after its isolate was killed`;
        return { weight: WEIGHT.endingAndComputing, reason };
      }
      const isLong = at - entry.since > ENDS_WITHIN_MS;
      const reason = `was not gone ${forMs(entry.since)} after its isolate was killed`;
      return { weight: isLong ? WEIGHT.endingLong : WEIGHT.ending, reason };
    }
    case "booting":
      if (computes) {
        return { weight: WEIGHT.bootingAndComputing, reason: `computed while it booted ${forMs(entry.since)}` };
      }
      return {
        weight: at - entry.since <= UNSEEN_MS ? WEIGHT.bootingFresh : WEIGHT.booting,
        reason: `booted ${forMs(entry.since)}`,
      };
    case "running":
      return likelier(
        holding(entry, at, forMs),
        computes ? computing(entry, { ...thread!, activeSince }, at) : null,
      );
  }
}

function likelier(one: Weighed, other: Weighed | null): Weighed {
  return other !== null && other.weight >= one.weight ? other : one;
}

/** How seldom a thread computed before, between nearly 0 and 1. */
function rarityOf(thread: ThreadActivity): number {
  return Math.max(LEAST_RARITY, 1 - ownMs(thread) / (thread.ageMsBefore + PRIOR_MS));
}

/** How many times seldomer than always it is at it: a job in the background every second is met at any death. */
function timesRare(thread: ThreadActivity): number {
  return (thread.ageMsBefore + PRIOR_MS) / Math.max(1, ownMs(thread));
}

/** For how long it computed for its app before. */
function ownMs({ activeMsBefore }: ThreadActivity): number {
  return Math.max(0, activeMsBefore - BOOT_MS);
}

function computing(
  { busySince, quietSince }: FlightEntry,
  thread: ThreadActivity & { readonly activeSince: number },
  at: number,
): Weighed {
  const activeMs = Math.max(0, at - thread.activeSince);
  const text = `computed for ${Math.round(activeMs)} ms`;
  const ranOwnMs = thread.ranMs - WOKEN_RAN_MS - WOKEN_PART * activeMs;
  const sureness = Math.min(
    between(LEAST_SURENESS, (activeMs - ONE_LOOK_MS) / (SURE_AFTER_MS - ONE_LOOK_MS)),
    between(0, ranOwnMs / SURE_RAN_MS),
  );
  if (busySince === null) {
    const weight = Math.min(WEIGHT.background, timesRare(thread)) * sureness;
    return { weight, reason: `${text} without a request` };
  }
  const rarity = rarityOf(thread) * sureness;
  if (quietSince !== null) return { weight: WEIGHT.quietAndComputing * rarity, reason: `${text} and said nothing` };
  const isSame = Math.abs(busySince - thread.activeSince) <= SAME_MOMENT_MS;
  const weight = isSame ? WEIGHT.computingSinceRequest : WEIGHT.speakingAndComputing;
  return { weight: weight * rarity, reason: `${text} with requests inside` };
}

/** At least as much, and 1 at most. */
function between(least: number, sureness: number): number {
  return Math.min(1, Math.max(least, sureness));
}

function holding({ since, busySince, bouts }: FlightEntry, at: number, forMs: (since: number) => string): Weighed {
  if (busySince === null) return { weight: 0, reason: "was idle" };
  const reason = `held requests ${forMs(busySince)}`;
  if (at - busySince > UNSEEN_MS) return { weight: WEIGHT.waiting, reason };
  // Of an app that begins anew many times a second it says little that it just did.
  const rarity = Math.max(LEAST_RARITY, 1 - (bouts - 1) * UNSEEN_MS / (at - since + PRIOR_MS));
  return { weight: WEIGHT.requestFresh * rarity, reason };
}
