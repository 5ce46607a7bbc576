/// <reference lib="deno.worker" />
/** The thread of one backup or restore: copying and checking gigabytes delays neither the front door nor the data thread. */
import { messageOf } from "../errors.ts";
import type { StageAnswer, StageAsk } from "./stage_messages.ts";
import { BadStore, checkStore } from "./store_check.ts";
import { measureFile, snapshotStore } from "./store_snapshot.ts";

self.onmessage = async ({ data }: MessageEvent<StageAsk>) => {
  self.postMessage(await answerTo(data));
};

async function answerTo(ask: StageAsk): Promise<StageAnswer> {
  const { id } = ask;
  try {
    if (ask.ask === "snapshot") return { id, snapshot: await snapshotStore(ask) };
    if (ask.ask === "measure") return { id, snapshot: measureFile(ask.path) };
    checkStore(ask);
    return { id, snapshot: null };
  } catch (error) {
    return { id, error: messageOf(error), isBad: error instanceof BadStore };
  }
}
