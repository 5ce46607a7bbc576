/** A batch inside the isolate: what the app gets, and what its words about messages come to. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { bytesOfValue } from "../../../runtime/isolate/bodies/value_bytes.ts";
import { type AppQueue, runQueueBatch } from "../../../runtime/isolate/traffic/queue_batch.ts";
import type { CrossingBatch } from "../../../runtime/protocol/queue_batch.ts";

interface Message {
  readonly id: string;
  readonly timestamp: Date;
  readonly body: unknown;
  readonly attempts: number;
  ack(): void;
  retry(options?: { delaySeconds?: unknown }): void;
}

interface Batch {
  readonly queue: string;
  readonly messages: Message[];
  readonly metadata: unknown;
  ackAll(): void;
  retryAll(options?: { delaySeconds?: unknown }): void;
}

const encode = (text: string) => new TextEncoder().encode(text);

function batchOf(bodies: readonly (readonly [type: string, bytes: Uint8Array])[]): CrossingBatch {
  return {
    queue: "jobs",
    facts: [
      9,
      100,
      1_000,
      ...bodies.flatMap(([type, bytes], at) => [`m${at}`, 5_000 + at, 1 + at, type, bytes.length]),
    ],
    bodies: new Uint8Array(bodies.flatMap(([, bytes]) => [...bytes])),
  };
}

async function said(work: (batch: Batch, context: { waitUntil(promise: unknown): void }) => unknown, count = 2) {
  const warnings: string[] = [];
  const reported: unknown[] = [];
  const text = await runQueueBatch(
    ((batch, _env, context) => work(batch as Batch, context)) as AppQueue,
    batchOf(Array.from({ length: count }, () => ["text", encode("x")] as const)),
    {
      env: {},
      report: (error) => reported.push(error),
      warn: (warning) => warnings.push(warning),
      nameOf: (error) => (error as Error).name,
    },
  );
  return { text, warnings, reported };
}

Deno.test("The app gets its messages as they were sent, and what waits in the queue", async () => {
  let given: unknown[] = [];
  const batch = batchOf([
    ["text", encode("\u{feff}é")],
    ["json", encode('{"a":[1]}')],
    ["bytes", Uint8Array.of(1, 2)],
    ["v8", bytesOfValue(new Map([[1, new Date(7)]]))],
    ["text", new Uint8Array()],
  ]);
  const tools = { env: { A: 1 }, report() {}, warn() {}, nameOf: () => "" };
  assertEquals(await runQueueBatch((...all) => void (given = all), batch, tools), "a,a,a,a,a");
  const [{ queue, messages, metadata }, env] = given as [Batch, unknown];
  assertEquals([queue, env], ["jobs", { A: 1 }]);
  assertEquals(metadata, { metrics: { backlogCount: 9, backlogBytes: 100, oldestMessageTimestamp: new Date(1_000) } });
  assertEquals(messages.map(({ body }) => body), [
    "\u{feff}é",
    { a: [1] },
    Uint8Array.of(1, 2),
    new Map([[1, new Date(7)]]),
    "",
  ]);
  assertEquals([messages[1]!.id, messages[1]!.timestamp, messages[1]!.attempts], ["m1", new Date(5_001), 2]);
});

Deno.test("A handler that returns is done with what it said nothing of, one that throws is not", async () => {
  assertEquals((await said(() => {})).text, "a,a");
  const failed = await said(({ messages }) => {
    messages[0]!.ack();
    throw new RangeError("no");
  });
  assertEquals([failed.text, failed.reported.length], ["a,r\nRangeError", 1]);
  assertEquals((await said(({ messages }) => void messages[1]!.retry({ delaySeconds: 7.9 }))).text, "a,r7");
});

Deno.test("The first word about a message holds, and the second is a warning", async () => {
  const { text, warnings } = await said(({ messages: [one, other] }) => {
    one!.ack();
    one!.retry();
    one!.ack();
    other!.retry({ delaySeconds: 3 });
    other!.ack();
    other!.retry();
  });
  assertEquals(text, "a,r3");
  assertEquals(warnings, [
    "Received a call to retry() on message m0 after ack() was already called. Calling retry() on a message after calling ack() has no effect.",
    "Received a call to ack() on message m1 after retry() was already called. Calling ack() on a message after calling retry() has no effect.",
  ]);
});

Deno.test("A word about a message goes before one about all, of which the first holds", async () => {
  const retried = await said((batch) => {
    batch.messages[0]!.ack();
    batch.retryAll({ delaySeconds: 5 });
    batch.ackAll();
    batch.messages[1]!.ack();
    batch.messages[2]!.retry({ delaySeconds: 1 });
  }, 4);
  assertEquals([retried.text, retried.warnings.length], ["a,r5,r1,r5", 2]);
  const acked = await said((batch) => {
    batch.messages[0]!.retry();
    batch.ackAll();
    batch.retryAll();
    batch.messages[1]!.retry();
    throw new Error("no");
  });
  assertEquals([acked.text, acked.warnings.length], ["r,a\nError", 2]);
});

Deno.test("A batch ends with its waitUntil work, which fails it", async () => {
  const { text } = await said((batch, context) => {
    context.waitUntil(new Promise((_, reject) => setImmediate(() => reject(new TypeError("late")))));
    batch.messages[0]!.ack();
  });
  assertEquals(text, "a,r\nTypeError");
});

Deno.test("What the app does to the batch changes nothing about what is told", async () => {
  const { text } = await said((batch) => {
    batch.messages[1]!.retry();
    batch.messages.length = 0;
    (batch as { messages: unknown }).messages = null;
  });
  assertEquals(text, "a,r");
});

Deno.test("A delay that is no number is none", async () => {
  for (const delaySeconds of [undefined, null, "soon", NaN]) {
    assertEquals((await said(({ messages }) => messages[0]!.retry({ delaySeconds }), 1)).text, "r");
  }
});

Deno.test("Without a handler, or with bytes that are no value, the batch fails", async () => {
  const tools = { env: {}, report() {}, warn() {}, nameOf: () => "" };
  await assertRejects(() => runQueueBatch(null, batchOf([]), tools), TypeError, "exports no queue");
  await assertRejects(() => runQueueBatch(() => {}, batchOf([["v8", Uint8Array.of(1, 2)]]), tools), RangeError);
});

Deno.test("Only what outlives an isolate has bytes", () => {
  for (const value of [() => 1, new SharedArrayBuffer(1), new Blob(["x"]), new WebAssembly.Module(EMPTY_MODULE)]) {
    let name = "";
    try {
      bytesOfValue({ value });
    } catch (error) {
      name = (error as Error).name;
    }
    assert(name !== "", `${value} has bytes`);
  }
});

const EMPTY_MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
