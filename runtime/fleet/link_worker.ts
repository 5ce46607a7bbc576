/// <reference lib="deno.worker" />
/**
 * The thread that an engine's client lives in. Clients have ended processes with errors that nobody could catch; here one
 * ends its thread, and the node starts another. Only the client of the engine that is configured is loaded.
 */
import process from "node:process";
import { systemClock } from "../clock.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { EngineConfig } from "./engine_config.ts";
import type { FleetRecord, FleetStore } from "./fleet_store.ts";
import { type LinkAnswer, type LinkAsk, type LinkReading, runMethod } from "./link_messages.ts";

/** Records in a piece: the longest have half a megabyte each. */
const RECORDS_IN_PIECE = 32;
/** After which what nobody reads on is given up. */
const UNREAD_MS = 60_000;
/** A node that sends nothing for so long has gone away in the middle of an archive. */
const UNSENT_MS = 60_000;

type Piece = readonly FleetRecord[] | Uint8Array<ArrayBuffer>;

interface Reading {
  readonly pieces: AsyncIterator<Piece, void>;
  cancel: () => void;
}

interface Putting {
  readonly give: (bytes: Uint8Array<ArrayBuffer> | null) => void;
  readonly fail: (error: Error) => void;
}

const opened = Promise.withResolvers<FleetStore>();
const readings = new Map<number, Reading>();
const puttings = new Map<number, Putting>();

self.onmessage = async ({ data }: MessageEvent<LinkAsk>) => {
  if (data === "close") {
    await (await opened.promise)[Symbol.asyncDispose]();
    say("closed");
  } else if ("ping" in data) say({ pong: data.ping });
  else if ("open" in data) await open(data.open);
  else if ("bytes" in data) puttings.get(data.id)?.give(data.bytes);
  else if ("broken" in data) puttings.get(data.id)?.fail(new Error(data.broken));
  else if ("next" in data) await (data.next === "piece" ? sendPiece(data.id) : stop(data.id));
  else if ("method" in data) await answer(data.id, async () => runMethod(await opened.promise, data.method, data.args));
  else if ("put" in data) await answer(data.id, () => put(data.id, data.put));
  else if ("read" in data) await startReading(data.id, data);
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
    sayError(id, error);
  }
}

async function put(id: number, sha256: string): Promise<void> {
  let cancel = () => {};
  const archive = new ReadableStream<Uint8Array>({
    pull: (controller) =>
      new Promise((resolve) => {
        const done = (act: () => void) => {
          cancel();
          puttings.delete(id);
          act();
          resolve();
        };
        cancel = systemClock.after(UNSENT_MS, () => done(() => controller.error(new Error("the archive broke off"))));
        puttings.set(id, {
          give: (bytes) => done(() => bytes === null ? controller.close() : controller.enqueue(bytes)),
          fail: (error) => done(() => controller.error(error)),
        });
        say({ id, wants: "bytes" });
      }),
    cancel() {
      cancel();
      puttings.delete(id);
    },
  }, { highWaterMark: 0 });
  await (await opened.promise).putBlob(sha256, archive);
}

async function startReading(id: number, reading: LinkReading): Promise<void> {
  try {
    const pieces = reading.read === "since"
      ? recordPieces((await opened.promise).since(reading.revision))
      : await blobPieces(reading.sha256);
    if (pieces !== null) readings.set(id, { pieces, cancel: stopLater(id) });
    say({ id, isThere: pieces !== null });
  } catch (error) {
    sayError(id, error);
  }
}

async function sendPiece(id: number): Promise<void> {
  const reading = readings.get(id);
  if (!reading) return sayError(id, new Error("It was given up, as nobody read on"));
  reading.cancel();
  try {
    const { value, done } = await reading.pieces.next();
    if (done) readings.delete(id);
    else reading.cancel = stopLater(id);
    const piece = done ? null : value;
    say({ id, piece }, piece instanceof Uint8Array ? [piece.buffer] : []);
  } catch (error) {
    readings.delete(id);
    sayError(id, error);
  }
}

function stopLater(id: number): () => void {
  return systemClock.after(UNREAD_MS, () => stop(id));
}

async function stop(id: number): Promise<void> {
  const reading = readings.get(id);
  if (!reading) return;
  readings.delete(id);
  reading.cancel();
  try {
    await reading.pieces.return?.();
  } catch {
    // Nobody waits for it.
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

async function blobPieces(sha256: string): Promise<AsyncIterator<Piece, void> | null> {
  const blob = await (await opened.promise).getBlob(sha256);
  // Copied, as a piece's whole buffer is handed over.
  return blob && blob.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
      transform: (bytes, controller) => controller.enqueue(new Uint8Array(bytes)),
    }),
  )[Symbol.asyncIterator]();
}

function sayError(id: number, error: unknown): void {
  const code = error instanceof NanoError && (error.code === "FLEET_UNAVAILABLE" || error.code === "USAGE")
    ? error.code
    : null;
  say({ id, error: messageOf(error), code });
}

function say(message: LinkAnswer, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}
