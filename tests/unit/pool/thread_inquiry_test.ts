/** Tests that what the host tells of threads is taken also when it comes late. */
import { assertEquals } from "@std/assert";
import { ThreadInquiry } from "../../../runtime/pool/thread_inquiry.ts";
import type { ThreadFigures } from "../../../runtime/protocol/messages.ts";
import type { WatchedIsolate } from "../../../runtime/pool/watched_isolate.ts";

Deno.test("An answer of the host that comes late judges nobody, and is learned all the same", async () => {
  const learned: (ThreadFigures | undefined)[] = [];
  const isolate = { number: 7, learn: (thread) => void learned.push(thread) } as Partial<WatchedIsolate>;
  const questions: number[] = [];
  const inquiry = new ThreadInquiry((question) => questions.push(question));
  const figures = { isolate: 7, touchedBytes: 4096, runnable: true };

  // Nobody answers until the wait is over.
  assertEquals(await inquiry.read([isolate as WatchedIsolate]), false);
  assertEquals(learned, []);
  inquiry.take(questions[0]!, [figures]);
  assertEquals(learned, [figures]);
  inquiry.take(questions[0]!, [figures]);
  assertEquals(learned.length, 1, "each question has one answer");

  const answered = inquiry.read([isolate as WatchedIsolate]);
  inquiry.take(questions[1]!, []);
  assertEquals(await answered, true);
  assertEquals(learned.at(-1), undefined, "a thread that has ended");
});
