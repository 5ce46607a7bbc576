/// <reference lib="deno.worker" />
/** The thread that keeps apps' data: no query delays the front door. */
import { setImmediate } from "node:timers";
import type { DataCall, DataResult } from "./data_messages.ts";
import { DataShelf } from "./data_shelf.ts";
import { DataTurns } from "./data_turns.ts";

/** From this size a buffer is transferred instead of copied, as on the wall. */
const TRANSFER_FROM_BYTES = 4096;

let shelf: DataShelf | null = null;
let turns: DataTurns | null = null;
let isWorking = false;

self.onmessage = (event: MessageEvent<{ readonly folder: string } | readonly DataCall[] | "close">) => {
  const { data } = event;
  if (data === "close") {
    while (turns?.isEmpty === false) answer(turns.runRound());
    shelf?.[Symbol.dispose]();
    self.postMessage("closed");
    self.close();
    return;
  }
  if (!Array.isArray(data)) {
    shelf = new DataShelf((data as { readonly folder: string }).folder, Date.now);
    turns = new DataTurns(shelf, () => performance.now());
    return;
  }
  turns!.add(data as readonly DataCall[]);
  if (!isWorking) work();
};

/** Between two rounds what has come meanwhile is taken. */
function work(): void {
  isWorking = false;
  if (turns!.isEmpty) return;
  answer(turns!.runRound());
  isWorking = !turns!.isEmpty;
  if (isWorking) setImmediate(work);
}

function answer(results: readonly DataResult[]): void {
  const transfer = results.flatMap((result) => "values" in result ? [...result.values] : [])
    .filter((value) => value instanceof Uint8Array)
    .filter(({ byteLength, buffer }) => byteLength >= TRANSFER_FROM_BYTES && byteLength === buffer.byteLength)
    .map(({ buffer }) => buffer as ArrayBuffer);
  self.postMessage(results, transfer);
}
