/** Tests when the thread of an isolate is ended: between two turns, never in the middle of one that ends soon. */
import { assertEquals } from "@std/assert";
import { HeldJudge } from "../../../runtime/pool/held_judge.ts";
import { COLLECT, WAITS_ON_HOST } from "../../../runtime/protocol/messages.ts";
import { newVitals } from "../../../runtime/pool/verdict.ts";
import { WatchedIsolate, type WatchedWorker } from "../../../runtime/pool/watched_isolate.ts";

/** Bounds a hang only. */
const LONG_MS = 120_000;

/** An isolate whose thread notes that it was ended, and the port on which it hears what it is asked. */
function watched(canCollect = true, heldJudge: HeldJudge | null = null): {
  isolate: WatchedIsolate;
  ended: () => boolean;
  asks: ReadableStream<unknown>;
  port: MessagePort;
  hostWait: SharedArrayBuffer;
} {
  let ended = false;
  const worker = { terminate: () => Promise.resolve(Number(ended = true)) } as unknown as WatchedWorker;
  const { port1, port2 } = new MessageChannel();
  const asks = new ReadableStream<unknown>({
    start: (controller) => void (port2.onmessage = ({ data }) => controller.enqueue(data)),
    cancel: () => port2.close(),
  });
  const vitals = newVitals(64, { rest: 0, canCollect });
  const hostWait = new SharedArrayBuffer(4);
  const isolate = new WatchedIsolate(1, { worker, heartbeat: port1, hostWait, vitals, heldJudge });
  return { isolate, ended: () => ended, asks, port: port2, hostWait };
}

Deno.test("An isolate that the host ends is asked to close itself, whatever was asked before, and ended at its exit", async () => {
  const { isolate, ended, asks } = watched();
  isolate.ask(0);
  const end = isolate.endBetweenTurns(LONG_MS);
  assertEquals(isolate.ended, true);
  const reader = asks.getReader();
  assertEquals((await reader.read()).value, [1, 0, false]);
  assertEquals((await reader.read()).value, [2, 0, true]);
  assertEquals(ended(), false);
  isolate.exited();
  await end;
  assertEquals(ended(), true);
  // The port was closed with the isolate: nothing else was asked.
  const next = reader.read();
  await reader.cancel();
  assertEquals((await next).done, true);
});

Deno.test("The thread of an isolate that never comes to its exit ends at the bound", async () => {
  const { isolate, ended, asks } = watched();
  const reader = asks.getReader();
  const end = isolate.endBetweenTurns(1);
  assertEquals((await reader.read()).value, [1, 0, true]);
  await end;
  assertEquals(ended(), true);
  await reader.cancel();
});

Deno.test("Looks at a thread that stands still for the host's sake do not count, looks at one that sleeps do", async () => {
  const { isolate, hostWait, asks } = watched();
  const flag = new Int32Array(hostWait);
  flag[0] = WAITS_ON_HOST;
  isolate.missTick(false);
  assertEquals(isolate.vitals.missedTicks, 0);
  isolate.missTick(true);
  assertEquals(isolate.vitals.missedTicks, 0.1);
  flag[0] = 0;
  isolate.missTick(false);
  assertEquals(isolate.vitals.missedTicks, 1.1);
  isolate.end();
  await asks.cancel();
});

Deno.test("Who waits for the host again and again without a turn of its event loop is excused for one wait in all", async () => {
  const { isolate, hostWait, asks } = watched();
  const flag = new Int32Array(hostWait);
  const waitFor = (looks: number) => {
    for (let look = 0; look < looks; look++) {
      // It runs for a moment between two calls.
      flag[0] = look % 100 === 99 ? 0 : WAITS_ON_HOST;
      isolate.missTick(look % 100 === 99);
    }
  };
  waitFor(300);
  assertEquals(Math.round(isolate.vitals.missedTicks * 10), 3);
  // Three more are excused, 96 count whole.
  waitFor(100);
  assertEquals(Math.round(isolate.vitals.missedTicks * 10), 964);
  // A turn of the event loop, and all begins anew.
  isolate.answer([1, 0, 0, 0, false, 0], { nowMs: 0, base: 0 });
  waitFor(99);
  assertEquals(isolate.vitals.missedTicks, 0);
  isolate.end();
  await asks.cancel();
});

Deno.test("A collection that the judge waits for is asked for by the next beat, whoever asks for that", async () => {
  const MIB = 1024 * 1024;
  const { isolate, asks } = watched(true, new HeldJudge(32 * MIB));
  isolate.vitals.externalLimitBytes = 32 * MIB;
  const reader = asks.getReader();
  const asked: unknown[] = [];
  // Plain looks alone: each comes before the one that would have asked for the collection.
  for (let beat = 1; beat <= 6; beat++) {
    isolate.ask();
    asked.push(((await reader.read()).value as unknown[])[1]);
    const finding = isolate.answer([beat, 5 * MIB, 8 * MIB, 100 * MIB, false, 0], { nowMs: beat * 100, base: 0 });
    if (finding === null || !("verdict" in finding)) continue;
    assertEquals(finding.verdict.detail, "100 MiB outside the heap, allowed 32 MiB by external_mb");
    assertEquals(asked, [COLLECT.NOTHING, COLLECT.MAJOR, COLLECT.MAJOR, COLLECT.LAST_RESORT, COLLECT.NOTHING]);
    isolate.end();
    await reader.cancel();
    return;
  }
  throw new Error(`It was never judged: ${asked}`);
});

Deno.test("Growth of an app is told from what its thread had touched when the app came, however late the system is asked", async () => {
  const MIB = 1024 * 1024;
  const { isolate, asks } = watched();
  const { vitals } = isolate;
  isolate.appComes(0, 14 * MIB);
  isolate.ask();
  const reader = asks.getReader();
  await reader.read();
  isolate.learn({ isolate: 1, touchedBytes: 60 * MIB, runnable: true });
  assertEquals([vitals.touchedAtAnswer, vitals.touchedBytes], [14 * MIB, 60 * MIB]);
  isolate.end();
  await reader.cancel();
});

Deno.test("Of who computes already when the system is first asked nobody knows how much is growth", async () => {
  const { isolate, asks } = watched();
  isolate.appComes(0, null);
  isolate.ask();
  const reader = asks.getReader();
  await reader.read();
  isolate.learn({ isolate: 1, touchedBytes: 60_000, runnable: true });
  assertEquals(isolate.vitals.touchedAtAnswer, null);
  isolate.answer([1, 0, 0, 0, false, 0], { nowMs: 100, base: 0 });
  assertEquals(isolate.vitals.touchedAtAnswer, 60_000, "its answer is where growth begins");
  isolate.end();
  await reader.cancel();
});
