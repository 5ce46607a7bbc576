/** What the flight recorder writes, and that requests in a row write nothing. */
import { assertEquals } from "@std/assert";
import {
  FLIGHT_LOOK_MS,
  type FlightEntry,
  FlightRecorder,
  type FlightTrack,
} from "../../../runtime/pool/flight_recorder.ts";

/** A recorder whose clock a test moves. */
class Scene {
  now = 1_000;
  writes: (readonly [number, FlightEntry | null])[] = [];
  #due: { at: number; run: () => void }[] = [];
  readonly recorder = new FlightRecorder((slot, entry) => this.writes.push([slot, entry]), {
    wall: () => this.now,
    after: (ms, run) => {
      const timer = { at: this.now + ms, run };
      this.#due.push(timer);
      return () => this.#due = this.#due.filter((one) => one !== timer);
    },
  });

  get timers(): number {
    return this.#due.length;
  }

  open(app = "shop", threadId = 7): FlightTrack {
    return this.recorder.open({ threadId, app, version: "v" });
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const [next] = this.#due.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (next === undefined) break;
      this.#due = this.#due.filter((one) => one !== next);
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }

  /** What was written since the last call, without what never changes. */
  taken() {
    const taken = this.writes.map(([slot, entry]) =>
      entry && [slot, entry.phase, entry.since, entry.busySince, entry.quietSince, entry.bouts]
    );
    this.writes = [];
    return taken;
  }
}

Deno.test("FlightRecorder notes an isolate from its boot to the end of its thread, and uses its slot again", () => {
  const scene = new Scene();
  const track = scene.open();
  assertEquals(scene.writes[0], [0, {
    threadId: 7,
    app: "shop",
    version: "v",
    phase: "booting",
    since: 1_000,
    busySince: null,
    quietSince: null,
    bouts: 0,
  }]);
  scene.taken();
  scene.pass(5);
  track.loaded();
  scene.pass(5);
  track.ending();
  track.gone();
  track.gone();
  assertEquals(scene.taken(), [[0, "running", 1_005, null, null, 0], [0, "ending", 1_010, null, null, 0], null]);
  scene.open("a");
  scene.open("b");
  assertEquals(scene.writes.map(([slot]) => slot), [0, 1]);
});

Deno.test("FlightRecorder writes before the first request goes in and never again while one follows the other", () => {
  const scene = new Scene();
  const track = scene.open();
  track.loaded();
  scene.taken();
  for (let i = 0; i < 1_000; i++) {
    track.hold(true);
    scene.pass(3);
    track.word();
    track.hold(false);
    scene.pass(3);
  }
  assertEquals(scene.taken(), [[0, "running", 1_000, 1_000, null, 1]]);
  scene.pass(3 * FLIGHT_LOOK_MS);
  assertEquals(scene.taken(), [[0, "running", 1_000, null, null, 1]]);
  assertEquals(scene.timers, 0, "an idle NANO sets no timer");
});

Deno.test("FlightRecorder notes once that a busy isolate says nothing, and once that it speaks again", () => {
  const scene = new Scene();
  const track = scene.open();
  track.loaded();
  track.hold(true);
  scene.taken();
  scene.pass(10 * FLIGHT_LOOK_MS);
  assertEquals(scene.taken(), [[0, "running", 1_000, 1_000, 1_000, 1]]);
  track.word();
  scene.pass(2 * FLIGHT_LOOK_MS);
  assertEquals(scene.taken(), [[0, "running", 1_000, 1_000, null, 1]]);
});

Deno.test("FlightRecorder notes nothing of what an isolate does after its thread is gone", () => {
  const scene = new Scene();
  const track = scene.open();
  track.hold(true);
  track.gone();
  scene.taken();
  track.hold(false);
  track.hold(true);
  track.ending();
  track.loaded();
  scene.pass(10 * FLIGHT_LOOK_MS);
  assertEquals(scene.taken(), []);
});

Deno.test("FlightRecorder stops its timer when it is disposed", () => {
  const scene = new Scene();
  scene.open().hold(true);
  assertEquals(scene.timers, 1);
  scene.recorder[Symbol.dispose]();
  assertEquals(scene.timers, 0);
});
