/** When a version that gets a part of the requests is worse than the rest. */
import { assertEquals } from "@std/assert";
import type { RequestEnd } from "../../../runtime/terms/request_end.ts";
import type { NanoEvent } from "../../../runtime/terms/events.ts";
import { isWorse, RolloutWatch } from "../../../runtime/operate/rollout_watch.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

Deno.test("Few requests or few errors prove nothing, many of them do, and a small difference is no reason", () => {
  // [errors, requests] of the candidate, then of the stable version.
  const cases: readonly [readonly [number, number], readonly [number, number], boolean, string][] = [
    [[0, 1000], [0, 1000], false, "no errors"],
    [[4, 4], [0, 1000], false, "too few requests"],
    [[2, 5], [0, 1000], false, "too few errors"],
    [[3, 5], [0, 5], false, "chance: three of ten may all fall on one side"],
    [[5, 5], [0, 5], true, "all against none"],
    [[3, 5], [0, 1000], true, "an app that never fails"],
    [[5, 5], [0, 0], true, "nothing to compare with"],
    [[50, 100], [50, 100], false, "both fail alike"],
    [[100, 100], [1000, 1000], false, "all fail"],
    [[10, 100], [9, 100], false, "no difference to speak of"],
    [[60, 100], [40, 100], true, "a clear difference at a high rate"],
    [[45, 100], [40, 100], false, "may be chance"],
    [[600, 100_000], [0, 100_000], false, "sure, but below one in a hundred"],
    [[2000, 100_000], [0, 100_000], true, "sure, and above"],
    [[1, 100], [50, 100], false, "better"],
  ];
  for (const [[errors, requests], [stableErrors, stableRequests], expected, what] of cases) {
    const stable = { errors: stableErrors, requests: stableRequests };
    assertEquals(isWorse({ errors, requests }, stable), expected, what);
  }
});

Deno.test("Two versions that fail alike are seldom told apart, though every error asks anew", () => {
  const random = new SeededRandom(7);
  let returned = 0;
  for (let run = 0; run < 200; run++) {
    const watch = watching(() => returned++);
    for (let request = 0; request < 500; request++) {
      watch(random.oneIn(5) ? "v2--blog" : "blog", random.oneIn(20) ? 500 : 200);
    }
  }
  // The test is made again with each error, so that its one in 200 adds up; without it every run would end so.
  assertEquals(returned < 20, true, `${returned} of 200`);
});

Deno.test("A version that fails one request in five is returned within some hundred requests", () => {
  const random = new SeededRandom(11);
  const after: number[] = [];
  for (let run = 0; run < 100; run++) {
    let sent = 0;
    const watch = watching(() => after.push(sent));
    while (after.length === run && sent++ < 10_000) {
      const isCandidate = random.oneIn(10);
      watch(isCandidate ? "v2--blog" : "blog", isCandidate && random.oneIn(5) ? 500 : 200);
    }
  }
  after.sort((one, other) => one - other);
  assertEquals([after.length, after[50]! < 400, after[99]! < 2000], [100, true, true], after.join(" "));
});

/** A watch over blog and its v2, as a function that takes a request. */
function watching(onWorse: (app: string, reason: string) => void): (app: string, status: number) => void {
  const watch = new RolloutWatch(onWorse);
  watch.follow({ blog: { app: "v2--blog", percent: 20 } });
  return (app, status) => watch.listen(request(app, status));
}

function request(app: string | null, status: number, end: RequestEnd = "done"): NanoEvent {
  const fixed = {
    event: "request",
    method: "GET",
    path: "/",
    bytes: 0,
    durationMs: 1,
    requestId: "x",
    code: null,
  } as const;
  return { ...fixed, app, status, end };
}

Deno.test("The end is told once; a rollout with another percentage or another version is counted anew", () => {
  const told: string[] = [];
  const watch = new RolloutWatch((app, reason) => told.push(`${app}: ${reason}`));
  const fail = (count: number, app = "v2--blog") => {
    for (let sent = 0; sent < count; sent++) watch.listen(request(app, 500));
  };
  fail(10);
  watch.follow({ blog: { app: "v2--blog", percent: 20 } });
  fail(4);
  // The same rollout in another generation goes on counting.
  watch.follow({ blog: { app: "v2--blog", percent: 20 }, shop: { app: "v1--shop", percent: 1 } });
  fail(1);
  assertEquals(told, ["blog: 5 of 5 requests failed, against 0 of 0 of the others"]);
  fail(10);
  assertEquals(told.length, 1);

  watch.follow({ shop: { app: "v1--shop", percent: 1 } });
  fail(4, "v1--shop");
  watch.follow({ shop: { app: "v1--shop", percent: 2 } });
  fail(4, "v1--shop");
  watch.follow({ shop: { app: "v2--shop", percent: 2 } });
  fail(4, "v2--shop");
  assertEquals(told.length, 1);
  fail(1, "v2--shop");
  assertEquals(told.length, 2);
  watch.follow({});
  fail(10, "v2--shop");
  assertEquals(told.length, 2);
});

Deno.test("Answers below 500, other apps and hosts that nobody claims count for nothing", () => {
  const told: string[] = [];
  const watch = new RolloutWatch((app) => told.push(app));
  watch.follow({ blog: { app: "v2--blog", percent: 20 } });
  for (let sent = 0; sent < 20; sent++) {
    watch.listen(request("v2--blog", 404));
    watch.listen(request("shop", 500));
    watch.listen(request(null, 500));
    watch.listen({ event: "app_failed", app: "shop", reason: "boot_failed", error: "x" });
    watch.listen({ event: "app_failed", app: "blog", reason: "boot_failed", error: "x" });
  }
  assertEquals(told, []);
});

Deno.test("A version that can no longer be started is returned at once", () => {
  const told: string[] = [];
  const watch = new RolloutWatch((app, reason) => told.push(`${app}: ${reason}`));
  watch.follow({ blog: { app: "v2--blog", percent: 20 } });
  watch.listen({ event: "app_failed", app: "v2--blog", reason: "boot_failed", error: "no luck\nat index.ts" });
  watch.listen({ event: "app_failed", app: "v2--blog", reason: "boot_failed", error: "no luck" });
  assertEquals(told, ["blog: it failed: no luck"]);
});

Deno.test("A version that keeps dying is returned, its app's own crash loop is not its fault", () => {
  const told: string[] = [];
  const watch = new RolloutWatch((app, reason) => told.push(`${app}: ${reason}`));
  watch.follow({ blog: { app: "v2--blog", percent: 20 } });
  watch.listen({ event: "app_state", app: "blog", state: "crash_loop" });
  watch.listen({ event: "app_state", app: "v2--blog", state: "backoff" });
  assertEquals(told, []);
  watch.listen({ event: "app_state", app: "v2--blog", state: "crash_loop" });
  assertEquals(told, ["blog: it keeps dying"]);
});

Deno.test("A rollout whose answers the app cuts is worse, whatever their status; one whose clients leave is not", () => {
  for (const [end, worse] of [["app_failed", true], ["isolate_ended", true], ["client_gone", false]] as const) {
    const told: string[] = [];
    const watch = new RolloutWatch((app, reason) => told.push(`${app}: ${reason}`));
    watch.follow({ blog: { app: "v2--blog", percent: 50 } });
    for (let sent = 0; sent < 105; sent++) {
      watch.listen(request("blog", 200));
      watch.listen(request("v2--blog", 200, end));
    }
    assertEquals(told.length > 0, worse, end);
  }
});
