/** A job on its way to an app. */
import type { ScheduledJob } from "../terms/app_call.ts";
import type { NanoError } from "../errors.ts";
import { ClientlessCall } from "./clientless_call.ts";

/** Told once how a job ended; null when all went well. */
export type OnJobEnd = (error: NanoError | null) => void;

/** One run of a job. */
export class ScheduledCall extends ClientlessCall {
  readonly method = "SCHEDULED";
  readonly job: ScheduledJob;
  readonly #onEnd: OnJobEnd;

  /** @param startedAt monotonic ms */
  constructor(job: ScheduledJob, startedAt: number, onEnd: OnJobEnd) {
    super(startedAt);
    this.job = job;
    this.#onEnd = onEnd;
  }

  fail(error: NanoError): void {
    this.#onEnd(error);
  }

  protected answered(): void {
    this.#onEnd(null);
  }
}
