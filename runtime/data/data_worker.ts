/// <reference lib="deno.worker" />
/** The thread that keeps apps' data: no query delays the front door. */
import type { DataCall } from "./data_messages.ts";
import { DataShelf } from "./data_shelf.ts";

/** From this size a buffer is transferred instead of copied, as on the wall. */
const TRANSFER_FROM_BYTES = 4096;

let shelf: DataShelf | null = null;

self.onmessage = (event: MessageEvent<{ readonly folder: string } | readonly DataCall[] | "close">) => {
  const { data } = event;
  if (data === "close") {
    shelf?.[Symbol.dispose]();
    self.postMessage("closed");
    self.close();
    return;
  }
  if (!Array.isArray(data)) {
    shelf = new DataShelf((data as { readonly folder: string }).folder, Date.now);
    return;
  }
  const results = shelf!.run(data as readonly DataCall[]);
  const transfer = results.flatMap((result) => "values" in result ? [...result.values] : [])
    .filter((value) => value instanceof Uint8Array)
    .filter(({ byteLength, buffer }) => byteLength >= TRANSFER_FROM_BYTES && byteLength === buffer.byteLength)
    .map(({ buffer }) => buffer as ArrayBuffer);
  self.postMessage(results, transfer);
};
