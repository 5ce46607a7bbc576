/** The host's half of calls of `node:` modules: how many are worked on at once, and what comes of forgeries. */
import { assertEquals } from "@std/assert";
import { ANSWER_BYTES, HEAD, HOST_ANSWER, HOST_ANSWER_HEAD_BYTES } from "../../../runtime/protocol/host_calls.ts";
import { type HostAnswers, HostCallsBridge } from "../../../runtime/wall/host_calls_bridge.ts";
import { SharedHostCalls } from "../../../runtime/wall/shared_host_calls.ts";

const facts = { kind: "file", size: 0, modifiedMs: 0, createdMs: 0, inode: 0, isExecutable: false } as const;

function scene(stat: () => Promise<typeof facts>) {
  const { port1, port2 } = new MessageChannel();
  const room = new SharedArrayBuffer(HOST_ANSWER_HEAD_BYTES + ANSWER_BYTES);
  const bridge = new HostCallsBridge(new SharedHostCalls({ port: port2, room }), { stat } as unknown as HostAnswers);
  const answered: unknown[] = [];
  const waiting: (() => void)[] = [];
  port1.onmessage = ({ data }) => {
    answered.push(data);
    waiting.shift()?.();
  };
  return {
    answered,
    head: new Int32Array(room, 0, 4),
    send: (...call: unknown[]) => port1.postMessage(call),
    /** Waits until so many are answered. */
    async until(count: number) {
      while (answered.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    [Symbol.dispose]() {
      bridge[Symbol.dispose]();
      port1.close();
    },
  };
}

Deno.test("Few calls are worked on at once, one that stops its thread waits behind none, and too many are refused", async () => {
  const begun: (() => void)[] = [];
  using place = scene(() => new Promise((resolve) => begun.push(() => resolve(facts))));
  for (let call = 1; call <= 301; call++) place.send(call, false, "stat", "/x", true);
  await place.until(1);
  assertEquals([place.answered[0], begun.length], [[301, HOST_ANSWER.ERROR, "EAGAIN"], 16]);
  for (let at = 0; at < 300; at++) {
    begun[at]!();
    await place.until(at + 2);
  }
  assertEquals(place.answered.length, 301);
  place.send(302, true, "stat", "/x", true);
  place.send(303, false, "nonsense", "/x");
  await place.until(302);
  begun[300]!();
  place.send(304, false, "nonsense", "/x");
  await place.until(303);
  assertEquals([Atomics.load(place.head, HEAD.CALL), place.head[HEAD.KIND]], [302, HOST_ANSWER.VALUE]);
});

Deno.test("Forged calls are answered with a code or with nothing", async () => {
  using place = scene(() => Promise.resolve(facts));
  for (const forged of [[], [1], ["1", false, "stat", "/x"], [1.5, false, "stat", "/x"], [1, 0, "stat", "/x"]]) {
    place.send(...forged);
  }
  place.send(2, false, "constructor", "/x");
  place.send(3, false, "stat", "x".repeat(4097));
  place.send(4, false, "stat", { length: 1 });
  await place.until(3);
  assertEquals(place.answered, [
    [2, HOST_ANSWER.ERROR, "ENOSYS"],
    [3, HOST_ANSWER.ERROR, "ENAMETOOLONG"],
    [4, HOST_ANSWER.ERROR, "ENAMETOOLONG"],
  ]);
});
