/** Figures a tick, from differences of what only grows. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { AppHistory, KEPT_TICKS } from "../../../runtime/observe/app_history.ts";
import { RequestSeries } from "../../../runtime/observe/request_series.ts";
import { snapshot } from "./app_snapshot.ts";

const SECONDS = 2;

/** Takes so many requests of one status and duration. */
function take(requests: RequestSeries, count: number, status = 200, durationMs = 4): void {
  for (let index = 0; index < count; index++) requests.observe({ method: "GET", status, end: "done", durationMs });
}

Deno.test("AppHistory tells what came since the tick before, not since the start", () => {
  const history = new AppHistory();
  const requests = new RequestSeries();
  const tick = (cpuSeconds: number) => history.tick(snapshot("a", { cpuSeconds }), { requests, seconds: SECONDS });
  take(requests, 100, 200, 4);
  const first = tick(1);
  assertEquals([first.requestsPerSecond, first.errorsPerSecond, first.cpu], [50, 0, 0.5]);
  take(requests, 8, 200, 400);
  take(requests, 2, 503, 400);
  const second = tick(4);
  assertEquals([second.requestsPerSecond, second.errorsPerSecond, second.cpu], [5, 1, 1.5]);
  // The first hundred were faster than 5 ms; only the last ten count.
  assert(first.p50Seconds! < 0.005 && first.p99Seconds! <= 0.005);
  assert(second.p50Seconds! > 0.25 && second.p99Seconds! <= 0.5);
  const third = tick(4);
  assertEquals([third.requestsPerSecond, third.p50Seconds, third.p99Seconds, third.cpu], [0, null, null, 0]);
  assertEquals(history.series().requestsPerSecond, [50, 5, 0]);
  assertEquals(history.series().p50Seconds, [first.p50Seconds, second.p50Seconds, null]);
});

Deno.test("AppHistory starts its counts anew when the app does", () => {
  const history = new AppHistory();
  const old = new RequestSeries();
  take(old, 1_000, 500);
  history.tick(snapshot("a", { cpuSeconds: 90 }), { requests: old, seconds: SECONDS });
  const gone = history.tick(snapshot("a", { cpuSeconds: 0.25 }), { requests: null, seconds: SECONDS });
  assertEquals([gone.requestsPerSecond, gone.errorsPerSecond, gone.cpu], [0, 0, 0.125]);
  const fresh = new RequestSeries();
  take(fresh, 4, 500);
  const tick = history.tick(snapshot("a", { cpuSeconds: 0.5 }), { requests: fresh, seconds: SECONDS });
  assertEquals([tick.requestsPerSecond, tick.errorsPerSecond, tick.cpu], [2, 2, 0.125]);
});

Deno.test("AppHistory keeps the last ticks of every figure, oldest first", () => {
  const history = new AppHistory();
  const requests = new RequestSeries();
  for (let tick = 1; tick <= KEPT_TICKS + 10; tick++) {
    take(requests, tick);
    const app = snapshot("a", { inFlight: tick, heapBytes: tick * 1e9, externalBytes: tick + 1, cpuSeconds: tick });
    history.tick(app, { requests, seconds: 1 });
    if (tick === 3) assertEquals(history.series().requestsPerSecond, [1, 2, 3]);
  }
  const series = history.series();
  const expected = Array.from({ length: KEPT_TICKS }, (_, at) => at + 11);
  assertEquals(series.requestsPerSecond, expected);
  assertEquals(series.inFlight, expected);
  assertEquals(series.heapBytes, expected.map((tick) => tick * 1e9));
  assertEquals(series.externalBytes, expected.map((tick) => tick + 1));
  assertEquals(series.cpu, expected.map(() => 1));
  for (const list of Object.values(series)) assertEquals(list.length, KEPT_TICKS);
});

Deno.test("RequestSeries.quantileSeconds() interpolates inside the bucket and stops at the last bound", () => {
  const requests = new RequestSeries();
  assertEquals(requests.quantileSeconds(0.5), null);
  take(requests, 50, 200, 0.5);
  take(requests, 50, 200, 2);
  assertAlmostEquals(requests.quantileSeconds(0.25)!, 0.0005, 1e-12);
  assertAlmostEquals(requests.quantileSeconds(0.5)!, 0.001, 1e-12);
  assertAlmostEquals(requests.quantileSeconds(0.75)!, 0.00175, 1e-12);
  take(requests, 1_000, 200, 90_000);
  assertEquals(requests.quantileSeconds(0.99), 30);
});
