/** The isolate's end of a process of its own: one connection that carries batches, words and heartbeats. */
import { FramePipe } from "../protocol/frame_pipe.ts";
import type { Heartbeat, HeartbeatAsk, LoadMessage } from "../protocol/messages.ts";
import { apply, isArray } from "../protocol/primordials.ts";
import { MAX_HOST_FRAME_BYTES, PROCESS_PARTS, type ProcessParts, WORD } from "../protocol/process_cell.ts";
import type { LoadAnswer } from "../protocol/messages.ts";
import type { HostLine } from "./platform/host_calls.ts";
import { giveCell } from "./own_cell.ts";
import { pipedHostLine } from "./platform/piped_host_line.ts";

// An app patches what it likes: these are taken before it runs.
const { parse } = JSON;
const endProcess = Deno.exit;

/** What the bootstrap uses of a port. */
class PortEnd {
  listener: ((event: { readonly data: unknown }) => void) | null = null;
  readonly #post: (message: unknown) => void;

  constructor(post: (message: unknown) => void) {
    this.#post = post;
  }

  postMessage(message: unknown): void {
    this.#post(message);
  }

  addEventListener(_type: string, listener: (event: { readonly data: unknown }) => void): void {
    this.listener = listener;
  }

  start(): void {
    pipe.start();
  }
}

const key = Symbol.for(PROCESS_PARTS);
const { connection, heapBytes, full } = Reflect.get(globalThis, key) as ProcessParts;
Reflect.deleteProperty(globalThis, key);

let onAnswer: Parameters<HostLine["listen"]>[0] | null = null;
const bound = {
  read: connection.read.bind(connection),
  write: connection.write.bind(connection),
  close: connection.close.bind(connection),
};
const pipe = new FramePipe(bound, {
  maxFrameBytes: MAX_HOST_FRAME_BYTES,
  // What waits here is the app's memory, which is looked at from outside.
  maxWaitingBytes: Infinity,
  onFrame: take,
  // Without its host it has nothing to live for.
  onEnd: () => endProcess(1),
});
let isHeld = true;
const { ref, unref } = connection;

function hold(): void {
  if (isHeld) return;
  isHeld = true;
  apply(ref, connection, []);
}

function runMain(): void {
  isHeld = false;
  apply(unref, connection, []);
  full!.runMain();
}

const port = new PortEnd((message) => {
  hold();
  if (isArray(message)) pipe.sendBatch(message);
  else sendWord(message as LoadAnswer | { readonly type: "booted" });
});
const heartbeat = new PortEnd((message) => {
  const beat = message as Heartbeat;
  pipe.send([WORD.BEAT, beat[0], beat[1], beat[2], beat[3], beat[4]]);
});

function sendWord(word: LoadAnswer | { readonly type: "booted" }): void {
  if (word.type === "load_failed") pipe.send([WORD.LOAD_FAILED, word.name, word.message, word.stack]);
  else pipe.send([word.type]);
}

function take(values: unknown[]): void {
  switch (values[0]) {
    case WORD.BEAT:
      heartbeat.listener?.({ data: [values[1], values[2], false] as unknown as HeartbeatAsk });
      break;
    case WORD.ANSWER:
      onAnswer?.(values[1] as number, values[2] as number, valueOf(values[2], values[3]));
      break;
    case WORD.LOAD:
      port.listener?.({ data: parse(values[1] as string) as LoadMessage });
      break;
    default:
      port.listener?.({ data: values });
  }
}

/** Bytes and codes of errors come as they are, all else as JSON. */
function valueOf(kind: unknown, value: unknown): unknown {
  return kind === 0 && typeof value === "string" ? parse(value) : value;
}

giveCell({
  port: port as unknown as MessagePort,
  heartbeat: heartbeat as unknown as MessagePort,
  heapBytes,
  full: full === null ? null : { network: full.network, runMain, hold },
  openHostLine: () => {
    pipe.send([WORD.HOST_CALLS]);
    return pipedHostLine((call) => pipe.send(call), (taken) => onAnswer = taken);
  },
});
