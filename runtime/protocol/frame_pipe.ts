/** Frames over a connection: those of one turn in one write, and no more waiting than the other side may owe. */
import { FrameReader } from "./frame_reader.ts";
import { FrameWriter } from "./frame_writer.ts";
import { partOf } from "./chunks.ts";
import { WireViolation } from "./wire_violation.ts";
import { bytesLength, promiseThen } from "./primordials.ts";

/** What a pipe needs of its connection; Deno.UnixConn fits. */
export interface FrameConnection {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** What a pipe works with. */
export interface FramePipeOptions {
  readonly maxFrameBytes: number;
  /** Of frames that the other side has not taken; more of them end the pipe. */
  readonly maxWaitingBytes: number;
  readonly onFrame: (values: unknown[]) => void;
  /** Told once, when the other side is gone, or has broken the rules: then with what it did. */
  readonly onEnd: (error: unknown) => void;
}

/** One end. */
export class FramePipe {
  readonly #connection: FrameConnection;
  readonly #options: FramePipeOptions;
  readonly #reader: FrameReader;
  readonly #writer = new FrameWriter();
  #isReading = false;
  #isWriting = false;
  #isOver = false;

  constructor(connection: FrameConnection, options: FramePipeOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#reader = new FrameReader(options.maxFrameBytes, options.onFrame);
  }

  /** Begins to read; two reads at once would share their room. */
  start(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#read();
  }

  /** Sends one frame. */
  send(values: ArrayLike<unknown>): void {
    if (this.#isOver) return;
    this.#writer.add(values);
    this.#write();
  }

  /** Sends a batch of operations. */
  sendBatch(batch: ArrayLike<unknown>): void {
    if (this.#isOver) return;
    this.#writer.addBatch(batch);
    this.#write();
  }

  /** Sends and hears nothing more; `onEnd` is not told. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection.close();
  }

  #end(error: unknown): void {
    if (this.#isOver) return;
    this.close();
    this.#options.onEnd(error);
  }

  #read(): void {
    promiseThen(this.#connection.read(this.#reader.room()), (size) => {
      if (this.#isOver) return;
      if (size === null) return this.#end(null);
      try {
        this.#reader.came(size);
      } catch (error) {
        return this.#end(error);
      }
      if (!this.#isOver) this.#read();
    }, (error) => this.#end(error));
  }

  #write(): void {
    if (this.#isWriting) {
      if (this.#writer.length <= this.#options.maxWaitingBytes) return;
      return this.#end(new WireViolation("it does not read what it is sent"));
    }
    const bytes = this.#writer.take();
    if (bytes === null) return;
    this.#isWriting = true;
    this.#writeAll(bytes, 0);
  }

  #writeAll(bytes: Uint8Array<ArrayBuffer>, from: number): void {
    const rest = partOf(bytes, from, bytesLength(bytes));
    promiseThen(this.#connection.write(rest), (written) => {
      if (this.#isOver) return;
      if (from + written < bytesLength(bytes)) return this.#writeAll(bytes, from + written);
      this.#isWriting = false;
      this.#writer.giveBack(bytes);
      this.#write();
    }, (error) => this.#end(error));
  }
}
