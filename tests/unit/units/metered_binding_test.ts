/** What a call of a binding tells: the app its answer, the operator the rest. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { NanoEvent } from "../../../runtime/terms/events.ts";
import { type BindingCall, BindingError, type CallAnswer } from "../../../runtime/protocol/binding_call.ts";
import { MeteredBinding } from "../../../runtime/units/metered_binding.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

function scene(answer: (call: BindingCall) => CallAnswer | Promise<CallAnswer>) {
  const events: NanoEvent[] = [];
  const clock = new FakeClock();
  const host = { methods: ["get"], storedBytes: 7, call: answer, [Symbol.dispose]() {} };
  const emit = (event: NanoEvent) => void events.push(event);
  const binding = new MeteredBinding(host, { app: "blog", binding: "NS", clock, emit, tracer: null });
  const { signal } = new AbortController();
  // deno-lint-ignore require-await -- what is thrown at once is to be a rejection, as who calls has it
  const call = async (method: string, by: AbortSignal = signal) =>
    binding.call({ method, args: [], body: null, signal: by });
  return { events, clock, call };
}

const told = { event: "binding_call", app: "blog", binding: "NS", operation: "get", storedBytes: 7 } as const;

Deno.test("A call is told with its duration, and a method that an isolate made up never becomes a label", async () => {
  const { events, clock, call } = scene(async () => {
    await clock.advance(5);
    return { values: [1], body: null };
  });
  assertEquals((await call("get")).values, [1]);
  await call("made up");
  assertEquals(events, [
    { ...told, outcome: "ok", durationMs: 5 },
    { ...told, operation: "other", outcome: "ok", durationMs: 5 },
  ]);
});

Deno.test("What the app is told is refused; what only the operator may know is a failure, and crosses without its text", async () => {
  const refused = scene(() => Promise.reject(new BindingError("Too long")));
  await assertRejects(() => refused.call("get"), BindingError, "Too long");
  assertEquals(refused.events, [{ ...told, outcome: "refused", durationMs: 0 }]);
  const failed = scene(() => Promise.reject(new Error("disk I/O error at /state")));
  const error = await assertRejects(() => failed.call("get"), BindingError);
  assert(!(error as Error).message.includes("/state"));
  assertEquals(failed.events, [
    { ...told, outcome: "failed", durationMs: 0 },
    { event: "binding_failed", app: "blog", binding: "NS", operation: "get", error: "disk I/O error at /state" },
  ]);
});

Deno.test("What is answered or refused at once is told as what takes its time", async () => {
  const answered = scene(() => ({ values: [1], body: null }));
  assertEquals((await answered.call("get")).values, [1]);
  assertEquals(answered.events, [{ ...told, outcome: "ok", durationMs: 0 }]);
  const refused = scene(() => {
    throw new BindingError("Too long");
  });
  await assertRejects(() => refused.call("get"), BindingError, "Too long");
  assertEquals(refused.events, [{ ...told, outcome: "refused", durationMs: 0 }]);
});

Deno.test("A call that nobody waits for any more is no failure", async () => {
  const given = scene(() => Promise.reject(new Error("aborted")));
  await assertRejects(() => given.call("get", AbortSignal.abort()));
  assertEquals(given.events, [{ ...told, outcome: "given_up", durationMs: 0 }]);
});
