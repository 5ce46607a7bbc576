/** Tests the queue of waiting calls. */
import { assertEquals } from "@std/assert";
import { CallQueue } from "../../../runtime/app/call_queue.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { FakeCall } from "./fake_call.ts";

const late = () => new NanoError("REQUEST_TIMEOUT", "late");

Deno.test("CallQueue gives calls back in order and refuses beyond its capacity", () => {
  const queue = new CallQueue(2);
  const [a, b, c] = [new FakeCall(), new FakeCall(), new FakeCall()];
  assertEquals([queue.push(a), queue.push(b), queue.push(c), queue.size], [true, true, false, 2]);
  assertEquals(queue.shift() === a, true);
  assertEquals([queue.push(c), queue.size], [true, 2]);
  assertEquals([queue.shift() === b, queue.shift() === c, queue.shift(), queue.size], [true, true, undefined, 0]);
});

Deno.test("CallQueue of capacity 0 lets nobody wait", () => {
  assertEquals(new CallQueue(0).push(new FakeCall()), false);
});

Deno.test("CallQueue keeps order and size over thousands of calls in and out", () => {
  const queue = new CallQueue(1000);
  let put = 0;
  let taken = 0;
  for (let round = 0; round < 300; round++) {
    for (let at = 0; at < (round % 7) + 1; at++) if (queue.push(new FakeCall({ startedAt: put }))) put++;
    for (let at = 0; at < round % 5; at++) {
      const call = queue.shift();
      if (call !== undefined) assertEquals(call.startedAt, taken++);
    }
    assertEquals(queue.size, put - taken);
  }
  assertEquals(put > 1000, true);
});

Deno.test("CallQueue.expire() fails exactly those that arrived at or before the time", () => {
  const queue = new CallQueue(9);
  const calls = [10, 20, 30].map((startedAt) => new FakeCall({ startedAt }));
  for (const call of calls) queue.push(call);
  queue.expire(9, late);
  assertEquals(queue.size, 3);
  queue.expire(20, late);
  assertEquals(calls.map(({ code }) => code), ["REQUEST_TIMEOUT", "REQUEST_TIMEOUT", null]);
  assertEquals(queue.shift() === calls[2], true);
});

Deno.test("CallQueue.failAll() fails everybody once and leaves the queue usable", () => {
  const queue = new CallQueue(2);
  const calls = [new FakeCall(), new FakeCall()];
  for (const call of calls) queue.push(call);
  queue.failAll(late());
  queue.failAll(late());
  assertEquals([calls.map(({ code }) => code), queue.size], [["REQUEST_TIMEOUT", "REQUEST_TIMEOUT"], 0]);
  assertEquals(queue.push(new FakeCall()), true);
});
