/** A supervisor among fakes: its clock, its isolates, what it told. */
import type { AppConfig } from "../../../runtime/config/resolved_config.ts";
import type { NanoEvent } from "../../../runtime/terms/events.ts";
import { BootAdmission } from "../../../runtime/pool/boot_admission.ts";
import { Supervisor } from "../../../runtime/app/supervisor.ts";
import { appConfig } from "../runtime/app_config.ts";
import { FakeClock, settle } from "../runtime/fake_clock.ts";
import { FakeCall } from "./fake_call.ts";
import { FakeIsolate } from "./fake_isolate.ts";

/** One app under test. */
export class Stage {
  readonly clock = new FakeClock();
  readonly events: NanoEvent[] = [];
  /** Every isolate that was handed out, in order. */
  readonly isolates: FakeIsolate[] = [];
  /** Ways out that were opened and closed. */
  readonly doors = { opened: 0, closed: 0 };
  readonly supervisor: Supervisor;
  /** Two places, for the app and whatever a test lets boot beside it. */
  readonly admission: BootAdmission;
  /** What chance says; 0 shortens no wait. */
  random = 0;
  /** What the supervisor gets when it asks for an isolate; a test may replace it. */
  take: () => Promise<FakeIsolate> = () => Promise.resolve(this.isolate());

  constructor(changes: Partial<AppConfig> = {}) {
    this.admission = new BootAdmission({ places: 2, clock: this.clock, suspects: [] });
    this.supervisor = new Supervisor(
      appConfig(changes),
      { entry: "app:///index.js", modules: { "app:///index.js": "" }, version: "v1" },
      {
        clock: this.clock,
        random: () => this.random,
        admission: this.admission,
        takeIsolate: () => this.take(),
        openOutbound: () => {
          this.doors.opened++;
          return {
            fetch: () => Promise.reject(new TypeError("no way out")),
            connect: () => {
              throw new TypeError("no way out");
            },
            [Symbol.dispose]: () => void this.doors.closed++,
          };
        },
        emit: (event) => this.events.push(event),
        nanoVersion: "0.0.0",
      },
    );
  }

  /** A running app. */
  static async running(changes: Partial<AppConfig> = {}): Promise<Stage> {
    const stage = new Stage(changes);
    const started = stage.supervisor.start();
    await stage.load();
    await started;
    return stage;
  }

  /** The newest isolate. */
  get last(): FakeIsolate {
    return this.isolates.at(-1)!;
  }

  /** A new isolate, on the list. */
  isolate(): FakeIsolate {
    const isolate = new FakeIsolate(this.clock);
    this.isolates.push(isolate);
    return isolate;
  }

  /** Lets the newest isolate finish loading. */
  async load(): Promise<void> {
    await settle();
    this.last.loaded.resolve();
    await settle();
  }

  /** Sends a request now. */
  fetch(options: { declaredBytes?: number } = {}): FakeCall {
    const call = new FakeCall({ startedAt: this.clock.now(), ...options });
    this.supervisor.fetch(call);
    return call;
  }

  /** Ends the newest isolate. */
  async die(reason: "out_of_memory" | "unresponsive" | "terminated" | "uncaught_error"): Promise<void> {
    this.last.kill({ reason, detail: `it was ${reason}` });
    await settle();
  }

  /** Events of one kind. */
  told<E extends NanoEvent["event"]>(event: E): Extract<NanoEvent, { event: E }>[] {
    return this.events.filter((one): one is Extract<NanoEvent, { event: E }> => one.event === event);
  }

  /** States in order. */
  get states(): string[] {
    return this.told("app_state").map(({ state }) => state);
  }
}
