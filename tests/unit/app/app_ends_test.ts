/** Tests what stands around the end of an app: waits, answers, and the app that never began. */
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { backoffMs } from "../../../runtime/app/backoff.ts";
import { BrokenApp } from "../../../runtime/units/broken_app.ts";
import { exitError } from "../../../runtime/pool/exit_errors.ts";
import { refusal } from "../../../runtime/app/refusal.ts";
import { NanoError } from "../../../runtime/errors.ts";
import type { AppState, ExitReason } from "../../../runtime/terms/lifecycle.ts";
import { appConfig } from "../runtime/app_config.ts";
import { FakeCall } from "./fake_call.ts";

/** Deaths in a row, and the wait in ms. */
const WAITS = [[0, 0], [1, 0], [2, 100], [3, 200], [4, 400], [9, 12_800], [10, 25_600], [11, 30_000], [
  5000,
  30_000,
]] as const;

Deno.test("backoffMs() is 0 first, then doubles from 100 ms up to 30 s and stays there", () => {
  for (const [attempt, ms] of WAITS) assertEquals(backoffMs(attempt, 0), ms, `attempt ${attempt}`);
});

const EXITS: Readonly<Record<ExitReason, string>> = {
  drained: "APP_DRAINING 503",
  parked: "APP_DRAINING 503",
  drain_timeout: "APP_DRAINING 503",
  boot_failed: "APP_FAILED 503",
  boot_timeout: "APP_UNAVAILABLE 503",
  isolate_timeout: "APP_UNAVAILABLE 503",
  out_of_memory: "APP_OUT_OF_MEMORY 503",
  unresponsive: "APP_UNRESPONSIVE 504",
  uncaught_error: "APP_TERMINATED 502",
  terminated: "APP_TERMINATED 502",
};

for (const [reason, expected] of Object.entries(EXITS) as [ExitReason, string][]) {
  Deno.test(`exitError() of ${reason} is ${expected}`, () => {
    const error = exitError("blog", { reason, detail: "the detail" });
    assertEquals([`${error.code} ${error.status}`, error.details], [expected, ["the detail"]]);
  });
}

Deno.test("exitError() does not tell a client the text of an uncaught error", () => {
  const { message } = exitError("blog", { reason: "uncaught_error", detail: "wrong password s3cret" });
  assertEquals(message.includes("s3cret"), false);
});

Deno.test("refusal() names the truthful code of each state", () => {
  const failed = new NanoError("APP_FAILED", "boom", { details: ["at index.ts:1"] });
  const states: [AppState<null>, string][] = [
    [{ name: "backoff", retryAt: 1, attempt: 1, lastExit: "terminated" }, "APP_UNAVAILABLE"],
    [{ name: "failed", error: failed }, "APP_FAILED"],
    [{ name: "draining", worker: null, deadline: 1 }, "APP_DRAINING"],
    [{ name: "stopped", reason: "drained" }, "APP_DRAINING"],
  ];
  for (const [state, code] of states) assertEquals(refusal("blog", state).code, code, state.name);
  const error = refusal("blog", states[1]![0]);
  assertEquals([error.details, error.message.includes("boom")], [["boom", "at index.ts:1"], false]);
  assertStrictEquals(error.cause, failed);
});

Deno.test("BrokenApp claims its hosts, answers APP_FAILED, cannot be started and stops at once", async () => {
  const error = new NanoError("APP_FAILED", "cannot bundle", { details: ["index.ts:1: unexpected token"] });
  const broken = new BrokenApp(appConfig({ hostnames: ["a.example"] }), error, 1234);
  const call = new FakeCall();
  broken.fetch(call);
  assertEquals([call.code, call.error?.details], ["APP_FAILED", ["cannot bundle", "index.ts:1: unexpected token"]]);
  assertEquals(call.error?.message.includes("bundle"), false, "a client is not told why");
  assertStrictEquals(await assertRejects(() => broken.start(), NanoError), error);
  const shot = broken.snapshot();
  assertEquals([shot.state, shot.hostnames, shot.since, shot.version], ["failed", ["a.example"], 1234, null]);
  assertEquals(shot.error, "cannot bundle\nindex.ts:1: unexpected token");
  assertEquals([await broken.stop(), broken.state, broken.pending], ["drained", "stopped", 0]);
});
