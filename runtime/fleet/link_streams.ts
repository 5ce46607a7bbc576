/** What goes through a link's thread piece by piece, each when the other side asks for it: nothing piles up on either. */
import { systemClock } from "../clock.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { FleetRecord } from "./fleet_store.ts";
import type { LinkAnswer } from "./link_messages.ts";

/** What is read in one turn. */
export type LinkPiece = readonly FleetRecord[] | Uint8Array<ArrayBuffer>;

/** How a thread speaks to its node. */
export interface LinkStreamsTools {
  readonly say: (message: LinkAnswer, transfer?: Transferable[]) => void;
  /** After which what the node goes on with no more is given up; null when it always says so. */
  readonly idleMs: number | null;
}

interface Reading {
  readonly pieces: AsyncIterator<LinkPiece, void>;
  cancel: () => void;
}

interface Taking {
  readonly give: (bytes: Uint8Array<ArrayBuffer> | null) => void;
  readonly fail: (error: Error) => void;
}

/** The streams of all calls, by their ids. */
export class LinkStreams {
  readonly #tools: LinkStreamsTools;
  readonly #readings = new Map<number, Reading>();
  readonly #takings = new Map<number, Taking>();

  constructor(tools: LinkStreamsTools) {
    this.#tools = tools;
  }

  /** What the node sends, which is asked for a piece at a time. */
  incoming(id: number): ReadableStream<Uint8Array> {
    let cancel = () => {};
    return new ReadableStream<Uint8Array>({
      pull: (controller) =>
        new Promise((resolve) => {
          const done = (act: () => void) => {
            cancel();
            this.#takings.delete(id);
            act();
            resolve();
          };
          cancel = this.#whenIdle(() => done(() => controller.error(new Error("the archive broke off"))));
          this.#takings.set(id, {
            give: (bytes) => done(() => bytes === null ? controller.close() : controller.enqueue(bytes)),
            fail: (error) => done(() => controller.error(error)),
          });
          this.#tools.say({ id, wants: "bytes" });
        }),
      cancel: () => {
        cancel();
        this.#takings.delete(id);
      },
    }, { highWaterMark: 0 });
  }

  /** The next piece of it has come; null after the last one. */
  give(id: number, bytes: Uint8Array<ArrayBuffer> | null): void {
    this.#takings.get(id)?.give(bytes);
  }

  /** It has broken off. */
  fail(id: number, why: string): void {
    this.#takings.get(id)?.fail(new Error(why));
  }

  /** What the node is to ask for. */
  outgoing(id: number, pieces: AsyncIterator<LinkPiece, void>): void {
    this.#readings.set(id, { pieces, cancel: this.#whenIdle(() => this.stop(id)) });
  }

  /** Sends the next piece of it; null after the last one. */
  async sendPiece(id: number): Promise<void> {
    const reading = this.#readings.get(id);
    if (!reading) return this.sayError(id, new Error("It was given up, as nobody read on"));
    reading.cancel();
    try {
      const { value, done } = await reading.pieces.next();
      if (done) this.#readings.delete(id);
      else reading.cancel = this.#whenIdle(() => this.stop(id));
      const piece = done ? null : value;
      this.#tools.say({ id, piece }, piece instanceof Uint8Array ? [piece.buffer] : []);
    } catch (error) {
      this.#readings.delete(id);
      this.sayError(id, error);
    }
  }

  /** The node wants no more of it. */
  async stop(id: number): Promise<void> {
    const reading = this.#readings.get(id);
    if (!reading) return;
    this.#readings.delete(id);
    reading.cancel();
    try {
      await reading.pieces.return?.();
    } catch {
      // Nobody waits for it.
    }
  }

  /** Why a call came to nothing. */
  sayError(id: number, error: unknown): void {
    const isTold = error instanceof NanoError && (error.code === "FLEET_UNAVAILABLE" || error.code === "USAGE");
    this.#tools.say({ id, error: messageOf(error), code: isTold ? error.code as "USAGE" : null });
  }

  #whenIdle(run: () => void): () => void {
    const { idleMs } = this.#tools;
    return idleMs === null ? () => {} : systemClock.after(idleMs, run);
  }
}

/** Pieces of a stream of bytes; copied, as a piece's whole buffer is handed over. */
export function bytePieces(stream: ReadableStream<Uint8Array>): AsyncIterator<LinkPiece, void> {
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
      transform: (bytes, controller) => controller.enqueue(new Uint8Array(bytes)),
    }),
  )[Symbol.asyncIterator]();
}
