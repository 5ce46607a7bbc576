/// <reference lib="deno.worker" />
/** The thread that what apps keep at the engine goes through: a client that dies ends its thread, and another is started. */
import process from "node:process";
import { messageOf, NanoError } from "../../errors.ts";
import { BindingError } from "../../protocol/binding_call.ts";
import type { DataAsk, LinkAnswer, LinkAsk } from "../link_messages.ts";
import type { NatsData } from "./nats_data.ts";

/** From this size a buffer is transferred instead of copied, as by the data thread. */
const TRANSFER_FROM_BYTES = 4_096;

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
  } else if ("data" in data) await answer(data.id, data.data);
};

async function answer(id: number, ask: DataAsk): Promise<void> {
  try {
    const value = await run(await opened.promise, ask);
    say({ id, value }, buffersOf(value));
  } catch (error) {
    if (error instanceof BindingError) {
      const { name, message, code } = error;
      say({ id, refusal: { name, message, code } });
      return;
    }
    const isAway = error instanceof NanoError && error.code === "FLEET_UNAVAILABLE";
    say({ id, error: messageOf(error), code: isAway ? "FLEET_UNAVAILABLE" : null });
  }
}

/** Its arguments came by message from the same build of NANO. */
function run(data: NatsData, ask: DataAsk): Promise<unknown> {
  if (ask.kind === "names") return data.names(ask.of);
  const store = ask.kind === "kv" ? data.kv(ask.store) : data.queue(ask.store);
  const method = store[ask.method as keyof typeof store] as (...args: readonly unknown[]) => Promise<unknown>;
  return method.apply(store, [...ask.args]);
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
