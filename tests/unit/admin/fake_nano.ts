/** A NANO without apps or listeners: does what a test sets and remembers what it was asked. */
import {
  type AppSnapshot,
  EventHub,
  type NanoConfig,
  type NanoEvent,
  type Readiness,
  type ReloadSummary,
} from "../../../mod.ts";
import type { HostTarget } from "../../../admin/cli/host/host.ts";
import { FakeAdminTarget } from "../../support/fake_admin_target.ts";
import { fakeAppConfig } from "../../support/fake_apps.ts";
import { nanoConfig } from "../runtime/app_config.ts";

/** A running app. */
export function fakeSnapshot(name: string, changes: Partial<AppSnapshot> = {}): AppSnapshot {
  return {
    name,
    state: "running",
    hostnames: [`${name}.localhost`],
    port: null,
    version: "v1",
    since: 1_000_000,
    restarts: {},
    crashes: 0,
    lastExit: null,
    error: null,
    inFlight: 0,
    queued: 0,
    heapBytes: 0,
    externalBytes: 0,
    processId: null,
    kept: null,
    cpuSeconds: 0,
    startSeconds: 0.01,
    ...changes,
  };
}

/** A configuration with one app whose env holds a secret. */
export function fakeConfig(changes: Partial<NanoConfig> = {}): NanoConfig {
  const app = fakeAppConfig("hello", { maxBodyBytes: 1000, crons: [], env: { apiKey: "very-secret", PLAIN: "text" } });
  return nanoConfig([app], {
    file: "/srv/nano.json",
    admin: { hostname: "127.0.0.1", port: 0, token: "configured-token" },
    stateDir: "/srv/.nano",
    drainTimeoutMs: 30_000,
    ...changes,
  });
}

export class FakeNano implements HostTarget {
  readonly url = "http://127.0.0.1:1";
  readonly events = new EventHub();
  readonly told: NanoEvent[] = [];
  readonly #admin = new FakeAdminTarget({ apps: 0 });
  readonly operations = this.#admin.operations;
  readonly observations = this.#admin.observations;
  config = fakeConfig();
  snapshots: AppSnapshot[] = [fakeSnapshot("hello")];
  ready: Readiness = {
    ready: true,
    draining: false,
    fleet: null,
    apps: [{ name: "hello", state: "running", error: null }],
  };
  summary: ReloadSummary = { added: [], removed: [], changed: ["hello"], unchanged: [] };
  /** Thrown by the next reloads. */
  refusal: unknown = null;
  reloads = 0;
  begins = 0;
  drains = 0;
  forcedClosed = 0;
  disposed = false;
  busy: string[] = [];
  /** Told when begin() is called. */
  onBegin: () => void = () => {};
  /** Awaited by begin(). */
  beginGate: Promise<void> = Promise.resolve();
  /** Awaited by drain(). */
  drainGate: Promise<void> = Promise.resolve();

  constructor() {
    this.events.listen((event) => this.told.push(event));
  }
  begin(): Promise<void> {
    this.begins++;
    this.onBegin();
    return this.beginGate;
  }
  apps(): readonly AppSnapshot[] {
    return this.snapshots;
  }
  readiness(): Readiness {
    return this.ready;
  }
  metrics(): Promise<string> {
    return Promise.resolve("# TYPE nano_uptime_seconds gauge\nnano_uptime_seconds 1\n");
  }
  reload(): Promise<ReloadSummary> {
    this.reloads++;
    return this.refusal === null ? Promise.resolve(this.summary) : Promise.reject(this.refusal);
  }
  async drain(): Promise<{ forcedClosed: number }> {
    this.drains++;
    this.ready = { ...this.ready, draining: true };
    await this.drainGate;
    return { forcedClosed: this.forcedClosed };
  }
  busyApps(): readonly string[] {
    return this.busy;
  }
  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }
}
