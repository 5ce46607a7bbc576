/** An app whose version is suspected of having ended the host twice: it claims its hosts and is not started. */
import type { AppCall } from "../terms/app_call.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import { NanoError } from "../errors.ts";
import type { AppSnapshot } from "../terms/events.ts";
import type { AppStateName, ExitReason } from "../terms/lifecycle.ts";
import { idleSnapshot } from "./idle_snapshot.ts";

/** Why an app is in quarantine, and since when (ms since the epoch). */
export interface Quarantine {
  readonly version: string;
  readonly reason: string;
  readonly since: number;
}

/** Stands where a supervisor would; another version or a restart by hand puts one in its place. */
export class QuarantinedApp {
  readonly app: AppConfig;
  readonly version: string;
  readonly pending = 0;
  readonly openSockets = 0;
  readonly #quarantine: Quarantine;
  #state: AppStateName = "quarantined";

  constructor(app: AppConfig, quarantine: Quarantine) {
    this.app = app;
    this.version = quarantine.version;
    this.#quarantine = quarantine;
  }

  get state(): AppStateName {
    return this.#state;
  }

  fetch(call: AppCall): void {
    const { name } = this.app;
    if (this.#state === "stopped") {
      call.fail(new NanoError("APP_DRAINING", `Cannot answer from app "${name}": it is going away`));
    } else call.fail(this.#error(`Cannot answer from app "${name}": it is quarantined`));
  }

  /** @throws {NanoError} APP_QUARANTINED, always: a version that serves must not give way to this one */
  start(): Promise<void> {
    const { name } = this.app;
    return Promise.reject(
      this.#error(`Cannot start app "${name}": version ${this.version} is quarantined; "nano restart ${name}" ends it`),
    );
  }

  stop(_timeoutMs?: number): Promise<ExitReason> {
    this.#state = "stopped";
    return Promise.resolve("drained");
  }

  snapshot(): AppSnapshot {
    const { since, reason } = this.#quarantine;
    const error = `Quarantined: ${reason}\nA new version or "nano restart ${this.app.name}" ends it`;
    return { ...idleSnapshot(this.app, { state: this.#state, version: this.version, since }), error };
  }

  #error(text: string): NanoError {
    return new NanoError("APP_QUARANTINED", text, { details: [this.#quarantine.reason] });
  }
}
