/** Compares the errors of a version that gets a part of the requests with those of the one that serves the rest. */
import type { NanoEvent, NanoListener } from "../terms/events.ts";
import { isFailure } from "../terms/request_end.ts";

/** Fewer errors than this are chance whatever the numbers say. */
const MIN_ERRORS = 3;
/** Fewer requests than this say nothing. */
const MIN_REQUESTS = 5;
/** One-sided z of a difference that is chance in one of 200 cases. */
const SIGNIFICANT_Z = 2.58;
/** A difference in the error rate below this is no reason to go back, however sure it is. */
const MIN_DIFFERENCE = 0.01;

/** Requests of one side since the watch began. */
interface Tally {
  requests: number;
  errors: number;
}

interface Watched {
  readonly app: string;
  readonly candidate: string;
  readonly percent: number;
  readonly stableTally: Tally;
  readonly candidateTally: Tally;
}

/** Whether the candidate fails more often than the stable version, beyond chance. */
export function isWorse(candidate: Readonly<Tally>, stable: Readonly<Tally>): boolean {
  if (candidate.requests < MIN_REQUESTS || candidate.errors < MIN_ERRORS) return false;
  const rate = candidate.errors / candidate.requests;
  const stableRate = stable.requests === 0 ? 0 : stable.errors / stable.requests;
  if (rate - stableRate < MIN_DIFFERENCE) return false;
  if (stable.requests === 0) return true;
  // Two-proportion z-test with the pooled rate.
  const pooled = (candidate.errors + stable.errors) / (candidate.requests + stable.requests);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / candidate.requests + 1 / stable.requests));
  return spread === 0 || (rate - stableRate) / spread >= SIGNIFICANT_Z;
}

/** Watches all open rollouts. */
export class RolloutWatch {
  /** Register this with an `EventHub`. */
  readonly listen: NanoListener = (event) => this.#take(event);
  readonly #onWorse: (app: string, reason: string) => void;
  /** By app, and by candidate. */
  readonly #watched = new Map<string, Watched>();

  /** @param onWorse told once for each rollout that went wrong */
  constructor(onWorse: (app: string, reason: string) => void) {
    this.#onWorse = onWorse;
  }

  /** Watches these from now on; one whose percentage has changed is counted anew. */
  follow(rollouts: Readonly<Record<string, { readonly app: string; readonly percent: number }>>): void {
    const before = new Set(this.#watched.values());
    this.#watched.clear();
    for (const [app, { app: candidate, percent }] of Object.entries(rollouts)) {
      const known = [...before].find((one) =>
        one.app === app && one.candidate === candidate && one.percent === percent
      );
      const watched = known ?? {
        app,
        candidate,
        percent,
        stableTally: { requests: 0, errors: 0 },
        candidateTally: { requests: 0, errors: 0 },
      };
      this.#watched.set(app, watched);
      this.#watched.set(candidate, watched);
    }
  }

  #take(event: NanoEvent): void {
    if (this.#watched.size === 0 || !("app" in event) || event.app === null) return;
    const watched = this.#watched.get(event.app);
    if (watched === undefined) return;
    if (event.event === "app_failed" && event.app === watched.candidate) {
      this.#end(watched, `it failed: ${event.error.split("\n")[0]}`);
    }
    if (event.event === "app_state" && event.state === "crash_loop" && event.app === watched.candidate) {
      this.#end(watched, "it keeps dying");
    }
    if (event.event === "app_quarantined" && event.app === watched.candidate) {
      this.#end(watched, `it is quarantined: ${event.reason}`);
    }
    if (event.event !== "request") return;
    const { candidateTally, stableTally } = watched;
    const tally = event.app === watched.candidate ? candidateTally : stableTally;
    tally.requests++;
    if (!isFailure(event.status, event.end)) return;
    tally.errors++;
    if (tally !== candidateTally || !isWorse(candidateTally, stableTally)) return;
    this.#end(watched, `${shown(candidateTally)} requests failed, against ${shown(stableTally)} of the others`);
  }

  #end(watched: Watched, reason: string): void {
    this.#watched.delete(watched.app);
    this.#watched.delete(watched.candidate);
    this.#onWorse(watched.app, reason);
  }
}

function shown({ errors, requests }: Readonly<Tally>): string {
  return `${errors} of ${requests}`;
}
