/** An app whose code could not be bundled: it claims its hosts and says the truth. */
import type { AppCall } from "../terms/app_call.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import { NanoError } from "../errors.ts";
import type { AppSnapshot } from "../terms/events.ts";
import type { AppStateName, ExitReason } from "../terms/lifecycle.ts";
import { idleSnapshot } from "./idle_snapshot.ts";

/** Stands where a supervisor would. */
export class BrokenApp {
  readonly app: AppConfig;
  readonly version = null;
  readonly pending = 0;
  readonly openSockets = 0;
  readonly #error: NanoError;
  readonly #since: number;
  #state: AppStateName = "failed";

  /** @param wallMs now, ms since the epoch */
  constructor(app: AppConfig, error: NanoError, wallMs: number) {
    this.app = app;
    this.#error = error;
    this.#since = wallMs;
  }

  get state(): AppStateName {
    return this.#state;
  }

  fetch(call: AppCall): void {
    const text = `Cannot answer from app "${this.app.name}": it failed to start`;
    call.fail(
      new NanoError("APP_FAILED", text, {
        cause: this.#error,
        details: [this.#error.message, ...this.#error.details],
      }),
    );
  }

  /** @throws {NanoError} APP_FAILED, always */
  start(): Promise<void> {
    return Promise.reject(this.#error);
  }

  stop(_timeoutMs?: number): Promise<ExitReason> {
    this.#state = "stopped";
    return Promise.resolve("drained");
  }

  snapshot(): AppSnapshot {
    const error = [this.#error.message, ...this.#error.details].join("\n");
    return { ...idleSnapshot(this.app, { state: this.#state, version: null, since: this.#since }), error };
  }
}
