/** An app that is nothing but files: what is left of its requests when none of its files was the answer. */
import type { AppCall } from "../terms/app_call.ts";
import { idleSnapshot } from "./idle_snapshot.ts";
import type { Clock } from "../clock.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import { NanoError } from "../errors.ts";
import type { AppSnapshot, NanoEvent } from "../terms/events.ts";
import type { AssetFolder, AssetRequest } from "../http/assets.ts";
import type { AppStateName, ExitReason } from "../terms/lifecycle.ts";
import type { AppUnit } from "../generations/reload.ts";
import { assetRequest, sendAsset } from "./unit_with_assets.ts";

/** Stands behind a UnitWithAssets where an isolate would; it costs no memory and cannot fail. */
export class StaticSite implements AppUnit {
  readonly app: AppConfig;
  readonly version: string;
  readonly openSockets = 0;
  readonly #folder: AssetFolder;
  readonly #clock: Clock;
  readonly #emit: (event: NanoEvent) => void;
  #state: AppStateName = "idle";
  #since: number;
  #pending = 0;

  constructor(
    site: { readonly app: AppConfig; readonly version: string; readonly folder: AssetFolder },
    tools: { readonly clock: Clock; readonly emit: (event: NanoEvent) => void },
  ) {
    this.app = site.app;
    this.version = site.version;
    this.#folder = site.folder;
    this.#clock = tools.clock;
    this.#emit = tools.emit;
    this.#since = tools.clock.wall();
  }

  get state(): AppStateName {
    return this.#state;
  }

  get pending(): number {
    return this.#pending;
  }

  fetch(call: AppCall): void {
    if (this.#state === "stopped") {
      call.fail(new NanoError("APP_DRAINING", `Cannot answer from app "${this.app.name}": it is going away`));
      return;
    }
    if (call.job !== undefined) {
      call.fail(new NanoError("APP_FAILED", `Cannot run a job of app "${this.app.name}": it consists of files only`));
      return;
    }
    if (call.entry !== undefined && call.entry.operation !== "fetch") {
      const text = `Cannot call a method of app "${this.app.name}": it consists of files only`;
      call.fail(new NanoError("APP_FAILED", text));
      return;
    }
    const request = assetRequest(call);
    if (request === null) call.respond(405, "allow\nGET, HEAD\ncontent-length\n0\n", null);
    else {
      this.#pending++;
      this.#missing(call, request).finally(() => this.#pending--);
    }
  }

  start(): Promise<void> {
    if (this.#state !== "idle") return Promise.resolve();
    const { name } = this.app;
    this.#move("running");
    this.#emit({ event: "app_ready", app: name, startMs: 0, version: this.version });
    return Promise.resolve();
  }

  stop(): Promise<ExitReason> {
    if (this.#state !== "stopped") this.#move("stopped");
    return Promise.resolve("drained");
  }

  snapshot(): AppSnapshot {
    const known = { state: this.#state, version: this.version, since: this.#since };
    return { ...idleSnapshot(this.app, known), inFlight: this.#pending, startSeconds: 0 };
  }

  #move(state: AppStateName): void {
    this.#state = state;
    this.#since = this.#clock.wall();
    this.#emit({ event: "app_state", app: this.app.name, state });
  }

  async #missing(call: AppCall, request: AssetRequest): Promise<void> {
    const error = new NanoError("NOT_FOUND", "There is no such file");
    try {
      const answer = await this.#folder.missing(request);
      if (answer === null) call.fail(error);
      else sendAsset(call, answer, { streams: new Set(), clock: this.#clock, onEnd: () => {} });
    } catch (cause) {
      call.fail(new NanoError("INTERNAL", `Cannot serve a file of app "${this.app.name}"`, { cause }));
    }
  }
}
