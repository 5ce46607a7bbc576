/** When batches are delivered, and what becomes of their messages. */
import { assertEquals } from "@std/assert";
import { settle } from "../runtime/fake_clock.ts";
import { consumerConfig, FakeTarget, QueueScene } from "./queue_scene.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

Deno.test("A batch is delivered when it is full, or its first message has waited long enough", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchSize: 3 })]);
  consumers.follow([target]);
  await scene.send(["a"]);
  await scene.clock.advance(4 * SECOND);
  assertEquals(target.seen, []);
  await scene.send(["b"]);
  await scene.clock.advance(SECOND);
  assertEquals(target.seen, [["a1", "b1"]]);
  await scene.send(["c", "d", "e", "f"]);
  await settle();
  assertEquals(target.seen.slice(1), [["c1", "d1", "e1"]]);
  await scene.clock.advance(5 * SECOND);
  assertEquals(target.seen.slice(2), [["f1"]]);
});

Deno.test("A batch with a timeout of 0 is delivered at once", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0 })]);
  consumers.follow([target]);
  await scene.send(["a"]);
  await settle();
  assertEquals(target.seen, [["a1"]]);
});

Deno.test("A delayed message is delivered after its delay and no sooner", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0 })]);
  consumers.follow([target]);
  await scene.send(["late"], { delayMs: 2 * MINUTE });
  await scene.send(["soon"], { delayMs: 10 * SECOND });
  await scene.clock.advance(10 * SECOND - 1);
  assertEquals(target.seen, []);
  await scene.clock.advance(1);
  assertEquals(target.seen, [["soon1"]]);
  await scene.clock.advance(110 * SECOND - 1);
  assertEquals(target.seen.length, 1);
  await scene.clock.advance(1);
  assertEquals(target.seen[1], ["late1"]);
});

Deno.test("What is acknowledged is gone, what is retried comes again after its delay or the consumer's", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0, retryDelayMs: 20 * SECOND })]);
  consumers.follow([target]);
  await scene.send(["a", "b", "c", "d"]);
  await settle();
  await target.end("a,r,r5,r999999");
  assertEquals(await scene.texts(), ["b", "c", "d"]);
  await scene.clock.advance(5 * SECOND);
  assertEquals(target.seen.slice(1), [["c2"]]);
  await target.end("a");
  await scene.clock.advance(15 * SECOND);
  assertEquals(target.seen.slice(2), [["b2"]]);
  await target.end("a");
  // A wait beyond what Workers allow is a day.
  await scene.clock.advance((86_400 - 20) * SECOND - 1);
  assertEquals(target.calls, []);
  await scene.clock.advance(1);
  assertEquals(target.seen.slice(3), [["d2"]]);
  assertEquals(scene.told("queue_batch")[0], {
    event: "queue_batch",
    app: "mailer",
    queue: "jobs",
    outcome: "ok",
    messages: 4,
    acked: 1,
    retried: 3,
    dead: 0,
    backlog: 4,
    durationMs: 0,
  });
});

Deno.test("A handler that fails keeps what it has acknowledged, and gets the rest again", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0 })]);
  consumers.follow([target]);
  await scene.send(["a", "b"]);
  await settle();
  await target.end("a,r\nTypeError");
  assertEquals(target.seen, [["a1", "b1"], ["b2"]]);
  const { outcome, error } = scene.told("queue_batch")[0]!;
  assertEquals([outcome, error], ["failed", "TypeError"]);
});

Deno.test("What has failed once more than max_retries is a dead letter, with its id and the time it was sent", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const jobs = consumerConfig({ maxBatchTimeoutMs: 0, maxRetries: 1, deadLetterStore: "dead" });
  const target = new FakeTarget([jobs]);
  consumers.follow([target]);
  await scene.send(["a", "b"]);
  await settle();
  const [sent] = await scene.store().peek({ after: 0, limit: 1 });
  await scene.clock.advance(SECOND);
  await target.end("r,a");
  await target.end("APP_EXCEPTION");
  assertEquals(target.seen, [["a1", "b1"], ["a2"]]);
  assertEquals([await scene.texts(), await scene.texts("dead")], [[], ["a"]]);
  const [dead] = await scene.store("dead").peek({ after: 0, limit: 1 });
  assertEquals([dead!.id, dead!.sent, dead!.failures, dead!.origin], [sent!.id, sent!.sent, 0, "jobs"]);
  assertEquals(scene.told("queue_dead_letter"), [{
    event: "queue_dead_letter",
    app: "mailer",
    queue: "jobs",
    deadLetterQueue: "dead",
    messages: 1,
    ids: [sent!.id],
  }]);
});

Deno.test("Without a dead letter queue it is deleted, and told", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0, maxRetries: 0 })]);
  consumers.follow([target]);
  await scene.send(["a"]);
  await settle();
  await target.end("r30");
  assertEquals(await scene.texts(), []);
  assertEquals(scene.told("queue_dead_letter").map(({ deadLetterQueue }) => deadLetterQueue), [null]);
});

Deno.test("A dead letter that cannot be kept stays, undelivered, and is kept later", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0, maxRetries: 0, deadLetterStore: "dead" })]);
  consumers.follow([target]);
  scene.broken = "queues/dead queue.send";
  await scene.send(["a"]);
  await settle();
  await target.end("r");
  assertEquals([await scene.texts(), await scene.texts("dead")], [["a"], []]);
  scene.broken = null;
  await scene.clock.advance(MINUTE);
  assertEquals([await scene.texts(), await scene.texts("dead")], [[], ["a"]]);
  assertEquals(target.seen, [["a1"]]);
});

Deno.test("No more batches are under way than max_concurrency, and the next follows when one ends", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchSize: 1, maxBatchTimeoutMs: 0, maxConcurrency: 2 })]);
  consumers.follow([target]);
  await scene.send(["a", "b", "c"]);
  await settle();
  assertEquals(target.seen, [["a1"], ["b1"]]);
  await target.end("a");
  assertEquals(target.seen, [["a1"], ["b1"], ["c1"]]);
});

Deno.test("Large batches come one after the other before they are all that the app may hold", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchSize: 1, maxBatchTimeoutMs: 0 })]);
  consumers.follow([target]);
  const large = "x".repeat(3 * 1024 * 1024);
  await scene.send([large, large, large, "small"]);
  await settle();
  assertEquals(target.calls.length, 3);
  await target.end("a");
  assertEquals(target.seen[3], ["small1"]);
});

Deno.test("An app that takes nothing is asked ever more seldom, and that counts as no attempt", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0, maxRetries: 0 })]);
  consumers.follow([target]);
  await scene.send(["a"]);
  await settle();
  for (const code of ["APP_UNAVAILABLE", "APP_FAILED", "APP_OVERLOADED", "REQUEST_TIMEOUT", "APP_QUARANTINED"]) {
    await target.end(code);
    assertEquals(target.calls.length, 0);
    await scene.clock.advance(32 * SECOND);
    assertEquals(target.calls.length, 1);
  }
  assertEquals(target.seen, Array(6).fill(["a1"]));
  await target.end("APP_UNAVAILABLE");
  await scene.clock.advance(29 * SECOND);
  assertEquals(target.calls.length, 0);
});

Deno.test("A batch that its isolate dies of counts, and the app is left alone for a while", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0, maxRetries: 1 })]);
  consumers.follow([target]);
  await scene.send(["a"]);
  await settle();
  await target.end("APP_OUT_OF_MEMORY");
  assertEquals(target.calls.length, 0);
  await scene.clock.advance(SECOND);
  assertEquals(target.seen, [["a1"], ["a2"]]);
  await target.end("APP_UNRESPONSIVE");
  assertEquals(await scene.texts(), []);
});

Deno.test("An answer that makes no sense fails the batch", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0 })]);
  consumers.follow([target]);
  await scene.send(["a"]);
  await settle();
  for (const answer of ["", "a,a", "x", "r1e9"]) await target.end(answer);
  assertEquals([target.seen.at(-1), await scene.texts()], [["a4"], []]);
  assertEquals(scene.told("queue_batch").every(({ outcome }) => outcome === "failed"), true);
});

Deno.test("Another version gets what comes next, and what the old one has is settled as it ends", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const settings = consumerConfig({ maxBatchSize: 1, maxBatchTimeoutMs: 0, maxConcurrency: 2 });
  const [old, next] = [new FakeTarget([settings]), new FakeTarget([settings])];
  consumers.follow([old]);
  await scene.send(["a", "b"]);
  await settle();
  consumers.follow([next]);
  await scene.send(["c"]);
  await settle();
  // The limit holds for both together.
  assertEquals([old.seen, next.seen], [[["a1"], ["b1"]], []]);
  await old.end("a");
  assertEquals(next.seen, [["c1"]]);
  await old.end("APP_DRAINING");
  assertEquals([await scene.texts(), next.seen], [["b", "c"], [["c1"]]]);
  await scene.clock.advance(SECOND);
  assertEquals(next.seen, [["c1"], ["b1"]]);
});

Deno.test("An app that is gone gets nothing more, and another that consumes its queue gets it all", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const old = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0 })]);
  consumers.follow([old]);
  consumers.follow([]);
  await scene.send(["a"]);
  await scene.clock.advance(MINUTE);
  assertEquals(old.seen, []);
  const other = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0 })], "other");
  consumers.follow([other]);
  await settle();
  assertEquals(other.seen, [["a1"]]);
  consumers[Symbol.dispose]();
  let ended = false;
  const end = consumers.ended().then(() => ended = true);
  await settle();
  assertEquals(ended, false);
  await other.end("a");
  await end;
  assertEquals([await scene.texts(), scene.clock.armed], [[], 0]);
});

Deno.test("What a process that is gone had taken is delivered at once by the next, as the same attempt", async () => {
  using scene = new QueueScene();
  const settings = consumerConfig({ maxBatchTimeoutMs: 0, maxRetries: 0 });
  const dead = new FakeTarget([settings]);
  const gone = scene.consumers();
  gone.follow([dead]);
  await scene.send(["a"]);
  await settle();
  assertEquals(dead.seen, [["a1"]]);
  using consumers = scene.consumers();
  const target = new FakeTarget([settings]);
  consumers.follow([target]);
  await settle();
  assertEquals(target.seen, [["a1"]]);
  await target.end("a");
  assertEquals(await scene.texts(), []);
});

Deno.test("What could not be settled is free again when its lease ends", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0 })]);
  consumers.follow([target]);
  await scene.send(["a"]);
  await settle();
  scene.broken = "queues/jobs queue.settle";
  await target.end("a");
  scene.broken = null;
  assertEquals(scene.told("warning").map(({ text }) => text), [
    'Cannot settle queue "jobs" of app "mailer": disk on fire',
  ]);
  await scene.clock.advance(15 * MINUTE);
  assertEquals(target.seen.length, 1);
  await scene.clock.advance(3 * MINUTE);
  assertEquals(target.seen.length, 2);
});

Deno.test("A queue that cannot be read is asked again, and nothing is lost", async () => {
  using scene = new QueueScene();
  using consumers = scene.consumers();
  scene.broken = "queues/jobs queue.take";
  const target = new FakeTarget([consumerConfig({ maxBatchTimeoutMs: 0 })]);
  consumers.follow([target]);
  await scene.send(["a"]);
  await scene.clock.advance(10 * SECOND);
  assertEquals(scene.told("warning").length, 4);
  scene.broken = null;
  await scene.clock.advance(8 * SECOND);
  assertEquals(target.seen, [["a1"]]);
});
