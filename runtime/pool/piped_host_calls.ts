/** Calls of an isolate that is a process of its own: over its connection, and by pipes where its thread waits. */
import { type Clock, systemClock } from "../clock.ts";
import { HOST_ANSWER, HOST_CALL_TIMEOUT_MS } from "../protocol/host_calls.ts";
import { FrameReader } from "../protocol/frame_reader.ts";
import { FrameWriter } from "../protocol/frame_writer.ts";
import { WORD } from "../protocol/process_cell.ts";
import { WireViolation } from "../protocol/wire.ts";
import type { HostCallsEnd } from "../wall/host_calls_bridge.ts";

/** The longest call: a part of what `localStorage` holds, of 65,536 letters of three bytes, and its head. */
const MAX_CALL_BYTES = 256 * 1024;

/** What an end works with. */
export interface PipedCallsOptions {
  /** Sends a frame over the connection. */
  readonly send: (frame: readonly unknown[]) => void;
  /** Standard output of the process, from which calls come whose thread waits; null where it is the app's own. */
  readonly output: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** Standard input of the process, where their answers go. */
  readonly input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  /** Told of what no isolate's own code sends. */
  readonly onViolation: (error: WireViolation) => void;
  readonly clock?: Clock;
}

/** The host's end; made with the process, as somebody has to read what it writes. */
export class PipedHostCalls implements HostCallsEnd {
  readonly #options: PipedCallsOptions;
  readonly #clock: Clock;
  #take: ((call: unknown) => void) | null = null;
  /** The call that a thread waits for. */
  #waiting: number | null = null;
  #giveUp: (() => void) | null = null;
  #isOver = false;

  constructor(options: PipedCallsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    if (options.output !== null) void this.#read(options.output);
  }

  /** Whether the process stands still until the host has answered. */
  get isWaiting(): boolean {
    return this.#waiting !== null;
  }

  listen(take: (call: unknown) => void): void {
    this.#take = take;
  }

  /** Takes a call off the connection: no thread waits for it. */
  receive(call: unknown): void {
    if (!Array.isArray(call) || call[1] !== false) throw new WireViolation("a call that is none");
    this.#take?.(call);
  }

  answer(call: number, kind: number, value: unknown): void {
    const told = kind === HOST_ANSWER.VALUE ? JSON.stringify(value) : value;
    this.#options.send([WORD.ANSWER, call, kind, told]);
  }

  answerWaiting(call: number, kind: number, bytes: Uint8Array): void {
    // Of one that was given up nobody hears.
    if (call !== this.#waiting) return;
    this.#waiting = null;
    this.#giveUp?.();
    const writer = new FrameWriter();
    writer.add([call, kind, bytes]);
    for (let piece = writer.take(); piece !== null; piece = writer.take()) {
      this.#options.input.write(piece).catch(() => {});
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#waiting = null;
    this.#giveUp?.();
  }

  async #read(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const reader = new FrameReader(MAX_CALL_BYTES, (call) => this.#takeWaiting(Array.from(call)));
    try {
      for await (const piece of output) if (!this.#isOver) reader.push(piece);
    } catch (error) {
      if (error instanceof WireViolation) this.#options.onViolation(error);
    }
  }

  #takeWaiting(call: unknown[]): void {
    const [number, waits] = call;
    if (!Number.isInteger(number) || waits !== true) throw new WireViolation("a call that is none");
    // Whose thread waits makes no other call meanwhile.
    if (this.#waiting !== null || this.#take === null) throw new WireViolation("a call of nobody");
    this.#waiting = number as number;
    this.#giveUp = this.#clock.after(HOST_CALL_TIMEOUT_MS, () => {
      this.answerWaiting(number as number, HOST_ANSWER.ERROR, new TextEncoder().encode("ETIMEDOUT"));
    });
    this.#take(call);
  }
}
