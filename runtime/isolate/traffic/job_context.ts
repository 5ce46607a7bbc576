/** What a handler gets that no request has called: its `waitUntil` work belongs to its run. */
import { promiseThen, resolved } from "../../protocol/primordials.ts";
import { append } from "../../protocol/safe_lists.ts";
import type { AppContext } from "./app_context.ts";

/** Third argument of `scheduled` and `queue`. */
export class JobContext implements AppContext {
  readonly #works: Promise<void>[] = [];
  readonly #failures: unknown[] = [];

  waitUntil(promise: unknown): void {
    const note = (error: unknown) => void append(this.#failures, error);
    append(this.#works, promiseThen(resolved(promise), () => {}, note));
  }

  passThroughOnException(): void {}

  /** Nobody asked for a job. */
  get remoteAddr(): AppContext["remoteAddr"] {
    return { transport: "tcp", hostname: "", port: 0 };
  }

  /** Settles once all work has ended, that which it adds meanwhile included. @returns what failed */
  async ended(): Promise<readonly unknown[]> {
    for (let at = 0; at < this.#works.length; at++) await this.#works[at];
    return this.#failures;
  }
}
