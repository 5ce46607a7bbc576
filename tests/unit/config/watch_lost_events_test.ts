/** The thread that listens to folders breaks off: another one listens, and nothing that has changed is lost. */
import { assertEquals } from "@std/assert";
import { ignoring, scanFiles } from "../../../runtime/config/file_tree.ts";
import type { EventsThread } from "../../../runtime/config/folder_events.ts";
import type { FolderEventsAsk, FolderEventsTold } from "../../../runtime/config/folder_events_worker.ts";
import { Scene } from "./watch_scene.ts";

/** Looks and listens at once, and tells of nothing. */
class QuietThread implements EventsThread {
  onmessage: EventsThread["onmessage"] = null;
  onerror: EventsThread["onerror"] = null;
  /** The last by which it listens. */
  ask = 0;

  postMessage(message: unknown): void {
    const asked = message as FolderEventsAsk;
    const { ask } = asked;
    if ("folders" in asked) this.ask = ask;
    queueMicrotask(() => {
      if ("folders" in asked) return this.tell({ type: "listening", ask });
      const { paths, ignored, budget } = asked.look;
      this.tell({ type: "looked", ask, tree: scanFiles(paths, ignoring(ignored), { budget }) });
    });
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
