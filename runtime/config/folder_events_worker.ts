/// <reference lib="deno.worker" />
/** The thread that listens to folders, and may be left to itself: see folder_events.ts. */

/** What it is asked: to listen to these folders, and to no others any more. */
export interface FolderEventsAsk {
  /** Counts up. */
  readonly ask: number;
  readonly folders: readonly string[];
}

/** What it tells: how that went, or an event, each with the ask that it belongs to. */
export type FolderEventsTold =
  | { readonly type: "listening"; readonly ask: number }
  | { readonly type: "failed"; readonly ask: number; readonly isGone: boolean; readonly text: string }
  | { readonly type: "event"; readonly ask: number; readonly kind: string; readonly paths: readonly string[] };

let events: Deno.FsWatcher | null = null;
let hearing: Promise<void> = Promise.resolve();

self.onmessage = async ({ data: { ask, folders } }: MessageEvent<FolderEventsAsk>) => {
  // Only once the loop has ended Deno lets go of the folders, and a folder that is still held is not listened to anew
  // (https://github.com/denoland/deno/pull/34467)
  events?.close();
  await hearing;
  try {
    events = Deno.watchFs([...folders], { recursive: false });
    hearing = hear(events, ask);
    tell({ type: "listening", ask });
  } catch (error) {
    failed(error, ask);
  }
};

async function hear(watcher: Deno.FsWatcher, ask: number): Promise<void> {
  try {
    for await (const { kind, paths } of watcher) if (kind !== "access") tell({ type: "event", ask, kind, paths });
  } catch (error) {
    failed(error, ask);
  }
}

function failed(error: unknown, ask: number): void {
  tell({ type: "failed", ask, isGone: error instanceof Deno.errors.NotFound, text: String(error) });
}

function tell(message: FolderEventsTold): void {
  self.postMessage(message);
}
