/** The thread that listens to folders breaks off: another one listens, and nothing that has changed is lost. */
import { assertEquals } from "@std/assert";
import type { EventsThread } from "../../../runtime/config/folder_events.ts";
import type { FolderEventsAsk, FolderEventsTold } from "../../../runtime/config/folder_events_worker.ts";
import { Scene } from "./watch_scene.ts";

/** Listens at once, and tells of nothing. */
class QuietThread implements EventsThread {
  onmessage: EventsThread["onmessage"] = null;
  onerror: EventsThread["onerror"] = null;
  ask = 0;

  postMessage(message: unknown): void {
    this.ask = (message as FolderEventsAsk).ask;
    queueMicrotask(() => this.tell({ type: "listening", ask: this.ask }));
  }

  terminate(): void {}

  tell(told: FolderEventsTold): void {
    (this.onmessage as (event: { readonly data: FolderEventsTold }) => void)({ data: told });
  }
}

Deno.test("When the events of folders end, what has changed is found, and one listens anew", async () => {
  const threads: QuietThread[] = [];
  await using scene = await Scene.set((at) => Deno.writeTextFileSync(at("a"), "1"), {
    // Nothing is found by looking around.
    patrolMs: 3_600_000,
    startThread: () => {
      threads.push(new QuietThread());
      return threads.at(-1)!;
    },
  });
  const thread = threads[0]!;
  const before = thread.ask;
  scene.write("a", "other");
  thread.tell({ type: "failed", ask: before, isGone: false, text: "the loop broke" });
  await scene.reported("a");
  assertEquals(scene.errors.map((error) => (error as Error).message), [
    "Cannot follow changes of files: the loop broke",
  ]);
  assertEquals(thread.ask > before, true);
});
