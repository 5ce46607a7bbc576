/** Calls of servers that may be away: once they are, nobody waits as long as for an election any more. */
import { NanoError } from "../../errors.ts";
import { fleetUnavailable } from "../fleet_store.ts";
import { natsFailure } from "../nats_failures.ts";
import type { NatsSession, Reached } from "../nats_session.ts";
import { unlessMissing } from "./unless_missing.ts";

/** Of a call while the last one came to nothing: one dial and one answer. */
const AWAY_MS = 2_500;
/** Between two looks for a stream that was just made: of several servers one learns of it after the other. */
const LEARNT_MS = 50;

/** Calls by one connection. */
export class PatientCalls {
  readonly #session: NatsSession;
  readonly #callMs: number;
  #isAway = false;

  /** @param callMs of a call with all its tries, an election among them */
  constructor(session: NatsSession, callMs: number) {
    this.#session = session;
    this.#callMs = callMs;
  }

  /** @throws as {@linkcode NatsSession.call} */
  async call<T>(action: string, run: (reached: Reached) => Promise<T>, callMs: number = this.#callMs): Promise<T> {
    try {
      const came = await this.#session.call(action, run, { callMs: this.#isAway ? AWAY_MS : callMs });
      this.#isAway = false;
      return came;
    } catch (error) {
      this.#isAway = error instanceof NanoError && error.code === "FLEET_UNAVAILABLE";
      throw error;
    }
  }

  /** Reads a store. @param none what is read where nothing was ever put */
  read<T>(action: string, none: T, run: (reached: Reached) => Promise<T>): Promise<T> {
    return unlessMissing(none, () => this.call(action, run));
  }

  /**
   * Calls again, and again, while somebody else is quicker.
   * @param how.run is not to change what it finds to be done by an earlier try
   * @param how.prepare makes the stream when it is missing
   * @throws {NanoError} FLEET_UNAVAILABLE
   * @throws what is of {@linkcode NatsFailure} `missing`, without `prepare`
   */
  async change<T>(action: string, { run, prepare = null }: {
    readonly run: (reached: Reached) => Promise<T>;
    readonly prepare?: ((reached: Reached) => Promise<void>) | null;
  }): Promise<T> {
    const until = performance.now() + this.#callMs;
    for (let isPrepared = false;;) {
      try {
        return await this.call(action, run, Math.max(1, until - performance.now()));
      } catch (error) {
        const failure = natsFailure(error);
        const isOver = performance.now() >= until;
        if (failure === "conflict" && isOver) throw fleetUnavailable(action, error);
        if (failure === "conflict") continue;
        if (failure !== "missing" || prepare === null) throw error;
        if (isOver) throw fleetUnavailable(action, error);
        if (isPrepared) await new Promise((resolve) => setTimeout(resolve, LEARNT_MS));
        else await this.call(action, prepare);
        isPrepared = true;
      }
    }
  }
}
