/// <reference lib="deno.worker" />
/** The thread that listens to folders and looks into them, and may be left to itself: see folder_events.ts. */
import { type FileTree, ignoring, type ScanBudget, scanFiles } from "./file_tree.ts";

/** What is looked at: see `scanFiles`. */
export interface LookOrder {
  readonly paths: readonly string[];
  /** What is left out beside the usual, as `ignoring` takes it. */
  readonly ignored: readonly string[];
  readonly budget: ScanBudget;
}

/** What it is asked, counted up: to listen to these folders and to no others any more, or to look. */
export type FolderEventsAsk =
  | { readonly ask: number; readonly folders: readonly string[] }
  | { readonly ask: number; readonly look: LookOrder };

/** What it tells: how that went, that it goes on, or an event, each with the ask that it belongs to. */
export type FolderEventsTold =
  | { readonly type: "goes_on"; readonly ask: number }
  | { readonly type: "listening"; readonly ask: number }
  | { readonly type: "looked"; readonly ask: number; readonly tree: FileTree }
  | { readonly type: "failed"; readonly ask: number; readonly isGone: boolean; readonly text: string }
  | { readonly type: "event"; readonly ask: number; readonly kind: string; readonly paths: readonly string[] };

/** Events that come within this time are told together: a checkout makes tens of thousands, each of which is a message. */
const TOGETHER_MS = 10;

let events: Deno.FsWatcher | null = null;
let hearing: Promise<void> = Promise.resolve();

self.onmessage = async ({ data }: MessageEvent<FolderEventsAsk>) => {
  const { ask } = data;
  try {
    if ("look" in data) {
      const { paths, ignored, budget } = data.look;
      const tree = scanFiles(paths, ignoring(ignored), { budget, onPath: () => tell({ type: "goes_on", ask }) });
      return tell({ type: "looked", ask, tree });
    }
    // Only once the loop has ended Deno lets go of the folders, and a folder that is still held is not listened to anew
    // (https://github.com/denoland/deno/pull/34467)
    events?.close();
    await hearing;
    events = Deno.watchFs([...data.folders], { recursive: false });
    hearing = hear(events, ask);
    tell({ type: "listening", ask });
  } catch (error) {
    failed(error, ask);
  }
};

async function hear(watcher: Deno.FsWatcher, ask: number): Promise<void> {
  const heard = new Map<string, Set<string>>();
  const tellHeard = () => {
    for (const [kind, paths] of heard) tell({ type: "event", ask, kind, paths: [...paths] });
    heard.clear();
  };
  try {
    for await (const { kind, paths } of watcher) {
      if (kind === "access") continue;
      if (heard.size === 0) setTimeout(tellHeard, TOGETHER_MS);
      const ofKind = heard.get(kind) ?? new Set();
      heard.set(kind, ofKind);
      for (const path of paths) ofKind.add(path);
    }
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
