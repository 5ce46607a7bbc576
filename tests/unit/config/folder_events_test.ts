/** Tests who listens to folders with threads that do as they are told. */
import { assertEquals, assertRejects } from "@std/assert";
import { emptyTree } from "../../../runtime/config/file_tree.ts";
import { type EventsThread, FolderEvents } from "../../../runtime/config/folder_events.ts";
import type { FolderEventsAsk, FolderEventsTold } from "../../../runtime/config/folder_events_worker.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

class FakeThread implements EventsThread {
  readonly asks: FolderEventsAsk[] = [];
  isOver = false;
  onmessage: EventsThread["onmessage"] = null;
  onerror: EventsThread["onerror"] = null;

  postMessage(ask: unknown): void {
    this.asks.push(ask as FolderEventsAsk);
  }

  terminate(): void {
    this.isOver = true;
  }

  tell(told: FolderEventsTold): void {
    (this.onmessage as (event: { readonly data: FolderEventsTold }) => void)({ data: told });
  }
}

function scene() {
  const clock = new FakeClock();
  const threads: FakeThread[] = [];
  const seen: string[] = [];
  const events = new FolderEvents({
    clock,
    startThread: () => {
      threads.push(new FakeThread());
      return threads.at(-1)!;
    },
    onEvent: (kind, paths) => seen.push(`${kind} ${paths}`),
    onError: ({ message }) => seen.push(message),
  });
  return { clock, threads, seen, events };
}

Deno.test("A thread that does not answer is left to itself, and another one listens", async () => {
  const { clock, threads, seen, events } = scene();
  using _events = events;
  const listening = events.listen(["/a"]);
  await clock.advance(4_999);
  assertEquals(threads.length, 1);
  await clock.advance(1);
  assertEquals(threads.map(({ isOver, asks }) => [isOver, asks]), [
    [true, [{ ask: 1, folders: ["/a"] }]],
    [false, [{ ask: 2, folders: ["/a"] }]],
  ]);
  const [stuck, other] = threads as [FakeThread, FakeThread];
  other.tell({ type: "listening", ask: 2 });
  assertEquals(await listening, true);
  // Late words of the first are nobody's
  stuck.tell({ type: "event", ask: 1, kind: "modify", paths: ["/a/old"] });
  other.tell({ type: "event", ask: 2, kind: "modify", paths: ["/a/new"] });
  assertEquals(seen, ["modify /a/new"]);
  assertEquals(clock.armed, 0);
});

Deno.test("When no thread comes to it that is told, each having had twice the time", async () => {
  const { clock, threads, events } = scene();
  using _events = events;
  const refused = assertRejects(() => events.listen(["/a"]), Error, "5 threads did not come to it");
  for (const seconds of [5, 10, 20, 40, 80]) await clock.advance(seconds * 1000);
  await refused;
  assertEquals(threads.map(({ isOver }) => isOver), [true, true, true, true, true]);
});

Deno.test("A folder that is gone is no error; what the system refuses is one, and so is the end of events", async () => {
  const { threads, seen, events } = scene();
  using _events = events;
  const gone = events.listen(["/gone"]);
  threads[0]!.tell({ type: "failed", ask: 1, isGone: true, text: "NotFound" });
  assertEquals(await gone, false);
  const refused = assertRejects(() => events.listen(["/a"]), Error, "Cannot listen to folders: no space left");
  threads[0]!.tell({ type: "failed", ask: 2, isGone: false, text: "no space left" });
  await refused;
  const listening = events.listen(["/a"]);
  threads[0]!.tell({ type: "listening", ask: 3 });
  assertEquals([await listening, seen], [true, []]);
  threads[0]!.tell({ type: "failed", ask: 3, isGone: false, text: "the loop broke" });
  assertEquals(seen, ["Cannot follow changes of files: the loop broke"]);
});

Deno.test("Whoever waits for a thread waits no more once nobody listens", async () => {
  const { threads, events } = scene();
  const listening = events.listen(["/a"]);
  events[Symbol.dispose]();
  assertEquals([await listening, threads[0]!.isOver], [true, true]);
});

Deno.test("A look has its budget for each path, and a thread that says nothing meanwhile is left to itself", async () => {
  const { clock, threads, seen, events } = scene();
  using _events = events;
  const order = { paths: ["/a", "/b"], ignored: [], budget: { entries: 9, ms: 1_000 } };
  const looking = events.look(order);
  const [first] = threads as [FakeThread];
  assertEquals(first.asks, [{ ask: 1, look: order }]);
  first.tell({ type: "goes_on", ask: 1 });
  await clock.advance(5_999);
  first.tell({ type: "goes_on", ask: 1 });
  await clock.advance(1);
  assertEquals(first.isOver, false, "it goes on");
  await clock.advance(6_000);
  await clock.advance(6_000);
  assertEquals([first.isOver, threads.length], [true, 2]);
  const tree = emptyTree();
  threads[1]!.tell({ type: "looked", ask: 2, tree });
  assertEquals(await looking, tree);
  assertEquals([seen, clock.armed], [[], 0]);
});

Deno.test("What is heard while a look is under way is told, and who looked by another thread has to listen anew", async () => {
  const { clock, threads, seen, events } = scene();
  using _events = events;
  const listening = events.listen(["/a"]);
  threads[0]!.tell({ type: "listening", ask: 1 });
  assertEquals([await listening, events.isListening], [true, true]);
  const order = { paths: ["/a"], ignored: [], budget: { entries: 9, ms: 1_000 } };
  const first = events.look(order);
  threads[0]!.tell({ type: "event", ask: 1, kind: "modify", paths: ["/a/b"] });
  threads[0]!.tell({ type: "looked", ask: 2, tree: emptyTree() });
  await first;
  assertEquals([seen, events.isListening], [["modify /a/b"], true]);
  const second = events.look(order);
  await clock.advance(6_000);
  threads[1]!.tell({ type: "looked", ask: 4, tree: emptyTree() });
  await second;
  assertEquals(events.isListening, false);
});

Deno.test("A thread that breaks is replaced for who waits for it, and told to who only listens", async () => {
  const { threads, seen, events } = scene();
  using _events = events;
  const breakOff = (thread: FakeThread) =>
    (thread.onerror as (event: unknown) => void)({ message: "no memory", preventDefault() {} });
  const listening = events.listen(["/a"]);
  breakOff(threads[0]!);
  await Promise.resolve();
  while (threads.length < 2) await Promise.resolve();
  threads[1]!.tell({ type: "listening", ask: 2 });
  assertEquals([await listening, seen], [true, []]);
  breakOff(threads[1]!);
  assertEquals([events.isListening, seen], [false, ["Cannot follow changes of files: no memory"]]);
});
