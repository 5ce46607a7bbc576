/** A job travels through a supervisor as a request does. */
import { assertEquals } from "@std/assert";
import { ScheduledCall } from "../../../runtime/app/scheduled_call.ts";
import type { NanoError } from "../../../runtime/errors.ts";
import { appConfig } from "../runtime/app_config.ts";
import { settle } from "../runtime/fake_clock.ts";
import { Stage } from "./stage.ts";

function job(stage: Stage): { readonly call: ScheduledCall; readonly ends: (string | null)[] } {
  const ends: (string | null)[] = [];
  const onEnd = (error: NanoError | null) => ends.push(error?.code ?? null);
  return { call: new ScheduledCall({ cron: "* * * * *", scheduledTime: 0 }, stage.clock.now(), onEnd), ends };
}

Deno.test("A job wakes a parked app, and a drain waits for it", async () => {
  const stage = new Stage();
  const { call, ends } = job(stage);
  assertEquals(stage.supervisor.state, "idle");
  stage.supervisor.fetch(call);
  await stage.load();
  assertEquals([stage.supervisor.state, stage.last.received[0]], ["running", call]);
  const stopped = stage.supervisor.stop();
  await stage.clock.advance(100);
  assertEquals([stage.supervisor.state, ends], ["draining", []]);
  stage.last.answer(call);
  await stage.clock.advance(100);
  stage.last.quiet.resolve();
  assertEquals(await stopped, "drained");
  assertEquals(ends, [null]);
});

Deno.test("A job that outlasts the drain is cut and told so", async () => {
  const stage = new Stage(appConfig({ drainTimeoutMs: 500 }));
  const { call, ends } = job(stage);
  stage.supervisor.fetch(call);
  await stage.load();
  const stopped = stage.supervisor.stop();
  await stage.clock.advance(500);
  await settle();
  assertEquals(await stopped, "drain_timeout");
  assertEquals(ends.length, 1);
  assertEquals(ends[0] === null, false);
});

Deno.test("A job of an app that is going away is refused", async () => {
  const stage = new Stage();
  await stage.supervisor.stop();
  const { call, ends } = job(stage);
  stage.supervisor.fetch(call);
  assertEquals(ends, ["APP_DRAINING"]);
});
