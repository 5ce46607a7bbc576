/// <reference lib="deno.worker" />
/** The thread that what apps keep at the engine goes through: a client that dies ends its thread, and another is started. */
import process from "node:process";
import { BindingError } from "../../protocol/binding_call.ts";
import type { R2Store, TakeOptions } from "../../data/r2_store.ts";
import type { DataAsk, LinkAnswer, LinkAsk, R2Asked } from "../link_messages.ts";
import { bytePieces, LinkStreams } from "../link_streams.ts";
import type { NatsData } from "./nats_data.ts";

/** From this size a buffer is transferred instead of copied, as by the data thread. */
const TRANSFER_FROM_BYTES = 4_096;

/** Of calls that the node gives up by ending their streams. */
const { signal } = new AbortController();

const streams = new LinkStreams({ say, idleMs: null });
const opened = Promise.withResolvers<NatsData>();

self.onmessage = async ({ data }: MessageEvent<LinkAsk>) => {
  if (data === "close") {
    await (await opened.promise)[Symbol.asyncDispose]();
    say("closed");
  } else if ("ping" in data) say({ pong: data.ping });
  else if ("open" in data) {
    // Clients look for settings in the environment, which this thread may not read: all that they need is in `open`.
    process.env = {};
    if (data.open.kind !== "nats") throw new Error("Cannot keep data of apps in PostgreSQL");
    opened.resolve(new (await import("./nats_data.ts")).NatsData(data.open, (sentTo) => say({ sentTo })));
  } else if ("bytes" in data) streams.give(data.id, data.bytes);
  else if ("broken" in data) streams.fail(data.id, data.broken);
  else if ("next" in data) await (data.next === "piece" ? streams.sendPiece(data.id) : streams.stop(data.id));
  else if ("data" in data) await answer(data.id, data.data);
};

async function answer(id: number, ask: DataAsk): Promise<void> {
  try {
    const value = await run(await opened.promise, id, ask);
    say({ id, value }, buffersOf(value));
  } catch (error) {
    if (error instanceof BindingError) {
      const { name, message, code } = error;
      say({ id, refusal: { name, message, code } });
      return;
    }
    streams.sayError(id, error);
  }
}

/** Its arguments came by message from the same build of NANO. */
function run(data: NatsData, id: number, ask: DataAsk): Promise<unknown> {
  if (ask.kind === "names") return data.names(ask.of);
  if (ask.kind === "r2") return runOfBucket(data.r2(ask.store), id, ask);
  const store = ask.kind === "kv" ? data.kv(ask.store) : data.queue(ask.store);
  const method = store[ask.method as keyof typeof store] as (...args: readonly unknown[]) => Promise<unknown>;
  return method.apply(store, [...ask.args]);
}

/** Bodies come and go piece by piece. */
async function runOfBucket(
  bucket: R2Store,
  id: number,
  { method, args }: Extract<DataAsk, { readonly kind: "r2" }>,
): Promise<unknown> {
  if (method === "get") return await getOfBucket(bucket, id, args as Parameters<R2Store["get"]>);
  if (method === "put" || method === "uploadPart") {
    const [last, ...first] = args.toReversed();
    const options = { ...last as TakeOptions, signal };
    const run = bucket[method] as (...args: readonly unknown[]) => Promise<unknown>;
    return await run.call(bucket, ...first.reverse(), streams.incoming(id), options);
  }
  const run = bucket[method] as (...args: readonly unknown[]) => Promise<unknown>;
  return await run.apply(bucket, [...args]);
}

async function getOfBucket(
  bucket: R2Store,
  id: number,
  [key, options]: Parameters<R2Store["get"]>,
): Promise<R2Asked | null> {
  const found = await bucket.get(key, { ...options, signal });
  if (!(found?.content?.body instanceof ReadableStream)) return found;
  const { entry, content: { offset, length, body } } = found;
  streams.outgoing(id, bytePieces(body));
  return { entry, streamed: { offset, length } };
}

/** Of long values: of one, or of many beside others. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const all = Array.isArray(value) ? value : value !== null && typeof value === "object" ? Object.values(value) : [];
  return all.filter((one) => one instanceof Uint8Array)
    .filter(({ byteLength, buffer }) => byteLength >= TRANSFER_FROM_BYTES && byteLength === buffer.byteLength)
    .map(({ buffer }) => buffer as ArrayBuffer);
}

function say(message: LinkAnswer, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}
