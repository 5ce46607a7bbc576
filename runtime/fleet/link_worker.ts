/// <reference lib="deno.worker" />
/**
 * The thread that an engine's client lives in. Clients have ended processes with errors that nobody could catch; here one
 * ends its thread, and the node starts another. Only the client of the engine that is configured is loaded.
 */
import process from "node:process";
import type { EngineConfig } from "./engine_config.ts";
import type { FleetRecord, FleetStore } from "./fleet_store.ts";
import { type LinkAnswer, type LinkAsk, type LinkReading, runMethod } from "./link_messages.ts";
import { bytePieces, type LinkPiece, LinkStreams } from "./link_streams.ts";

/** Records in a piece: the longest have half a megabyte each. */
const RECORDS_IN_PIECE = 32;
/** After which what nobody reads on is given up, and a node has gone away in the middle of an archive. */
const IDLE_MS = 60_000;

const opened = Promise.withResolvers<FleetStore>();
const streams = new LinkStreams({ say, idleMs: IDLE_MS });

self.onmessage = async ({ data }: MessageEvent<LinkAsk>) => {
  if (data === "close") {
    await (await opened.promise)[Symbol.asyncDispose]();
    say("closed");
  } else if ("ping" in data) say({ pong: data.ping });
  else if ("open" in data) await open(data.open);
  else if ("bytes" in data) streams.give(data.id, data.bytes);
  else if ("broken" in data) streams.fail(data.id, data.broken);
  else if ("next" in data) await (data.next === "piece" ? streams.sendPiece(data.id) : streams.stop(data.id));
  else if ("method" in data) await answer(data.id, async () => runMethod(await opened.promise, data.method, data.args));
  else if ("put" in data) {
    await answer(data.id, async () => (await opened.promise).putBlob(data.put, streams.incoming(data.id)));
  } else if ("read" in data) await startReading(data.id, data);
};

/** What throws here ends the thread: without the client nothing can be done. */
async function open(config: EngineConfig): Promise<void> {
  // Clients look for settings in the environment, which this thread may not read: all that they need is in `config`.
  process.env = {};
  const store = config.kind === "nats"
    ? new (await import("./nats_store.ts")).NatsStore(config)
    : new (await import("./postgres_store.ts")).PostgresStore(config);
  store.onChange(() => say("changed"));
  opened.resolve(store);
}

async function answer(id: number, run: () => Promise<unknown>): Promise<void> {
  try {
    say({ id, value: await run() });
  } catch (error) {
    streams.sayError(id, error);
  }
}

async function startReading(id: number, reading: LinkReading): Promise<void> {
  try {
    const pieces = reading.read === "since"
      ? recordPieces((await opened.promise).since(reading.revision))
      : await blobPieces(reading.sha256);
    if (pieces !== null) streams.outgoing(id, pieces);
    say({ id, isThere: pieces !== null });
  } catch (error) {
    streams.sayError(id, error);
  }
}

async function* recordPieces(records: AsyncIterable<FleetRecord>): AsyncGenerator<readonly FleetRecord[], void> {
  let piece: FleetRecord[] = [];
  try {
    for await (const record of records) {
      if (piece.push(record) < RECORDS_IN_PIECE) continue;
      yield piece;
      piece = [];
    }
  } catch (error) {
    // What came until then is whole and in order.
    if (piece.length > 0) yield piece;
    throw error;
  }
  if (piece.length > 0) yield piece;
}

async function blobPieces(sha256: string): Promise<AsyncIterator<LinkPiece, void> | null> {
  const blob = await (await opened.promise).getBlob(sha256);
  return blob && bytePieces(blob);
}

function say(message: LinkAnswer, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}
