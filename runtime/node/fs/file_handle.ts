/** Reading and writing by descriptor, and the FileHandle of fs/promises around it. */
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import { bytesOfFile, runSteps, type Steps } from "./disk.ts";
import { argumentError, fsError } from "./errors.ts";
import { close, openFile } from "./open_files.ts";
import { fstat, readFile } from "./reading.ts";
import { createReadStream, createWriteStream } from "./streams.ts";
import { appendFile, bytesOfData, fsync, ftruncate, writeBytes, writeFile } from "./writing.ts";

interface Span {
  readonly offset?: number | null;
  readonly length?: number | null;
  readonly position?: number | bigint | null;
}

/** (fd, buffer, offset, length, position) or (fd, buffer, { offset, length, position }) */
export function* read(
  fd: unknown,
  buffer: ArrayBufferView,
  ...rest: [(Span | number | null)?, (number | null)?, (number | bigint | null)?]
): Steps<number> {
  const file = openFile(fd, "read");
  if (!file.mayRead) throw fsError("EBADF", { syscall: "read" });
  if (!ArrayBuffer.isView(buffer)) throw argumentError("ERR_INVALID_ARG_TYPE", 'The "buffer" argument must be a view');
  const [first, second, third] = rest;
  const span: Span = typeof first === "object" && first !== null
    ? first
    : { offset: first as number, length: second as number, position: third as number };
  const offset = span.offset ?? 0;
  const length = span.length ?? buffer.byteLength - offset;
  if (offset < 0 || length < 0 || offset + length > buffer.byteLength) {
    throw Object.assign(new RangeError(`The value of "length" is out of range. Received ${length}`), {
      code: "ERR_OUT_OF_RANGE",
    });
  }
  const isHere = span.position === undefined || span.position === null || Number(span.position) < 0;
  const at = isHere ? file.position : Number(span.position);
  const bytes = yield* bytesOfFile(file.path, at, length, { syscall: "read" });
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).set(bytes, offset);
  if (isHere) file.position += bytes.byteLength;
  return bytes.byteLength;
}

export function* readv(
  fd: unknown,
  buffers: readonly ArrayBufferView[],
  position: number | null = null,
): Steps<number> {
  let filled = 0;
  for (const buffer of buffers) {
    const count = yield* read(fd, buffer, { position: position === null ? null : position + filled });
    filled += count;
    if (count < buffer.byteLength) break;
  }
  return filled;
}

/** (fd, bytes, offset, length, position) or (fd, text, position, encoding) */
// deno-lint-ignore require-yield
export function* write(fd: unknown, data: unknown, ...rest: unknown[]): Steps<number> {
  if (typeof data === "string") {
    const [position, encoding] = rest;
    return writeBytes(fd, bytesOfData(data, encoding as BufferEncoding), placeOf(position));
  }
  const bytes = bytesOfData(data);
  const [first, second, third] = rest;
  const span: Span = typeof first === "object" && first !== null
    ? first
    : { offset: first as number, length: second as number, position: third as number };
  const offset = span.offset ?? 0;
  return writeBytes(
    fd,
    bytes.subarray(offset, offset + (span.length ?? bytes.byteLength - offset)),
    placeOf(span.position),
  );
}

export function* writev(fd: unknown, buffers: readonly unknown[], position: number | null = null): Steps<number> {
  let written = 0;
  for (const buffer of buffers) {
    written += yield* write(fd, buffer, { position: position === null ? null : position + written });
  }
  return written;
}

function placeOf(position: unknown): number | null {
  return position === undefined || position === null ? null : Number(position);
}

/** As `fs.promises.open` gives it. */
export class FileHandle extends EventEmitter {
  #fd: number;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  get fd(): number {
    return this.#fd;
  }
  async read(buffer?: ArrayBufferView | { buffer?: ArrayBufferView } & Span, ...rest: unknown[]): Promise<object> {
    const isView = ArrayBuffer.isView(buffer);
    const target = isView ? buffer : buffer?.buffer ?? Buffer.alloc(16_384);
    const span = isView ? rest : [buffer ?? {}];
    return { bytesRead: await runSteps(read(this.#fd, target, ...span as [Span])), buffer: target };
  }
  async write(data: unknown, ...rest: unknown[]): Promise<object> {
    return { bytesWritten: await runSteps(write(this.#fd, data, ...rest)), buffer: data };
  }
  async readv(buffers: ArrayBufferView[], position?: number | null): Promise<object> {
    return { bytesRead: await runSteps(readv(this.#fd, buffers, position ?? null)), buffers };
  }
  async writev(buffers: unknown[], position?: number | null): Promise<object> {
    return { bytesWritten: await runSteps(writev(this.#fd, buffers, position ?? null)), buffers };
  }
  readFile(options?: Record<string, unknown> | string): Promise<unknown> {
    return runSteps(readFile(this.#fd, options));
  }
  writeFile(data: unknown, options?: Record<string, unknown> | string): Promise<void> {
    return runSteps(writeFile(this.#fd, data, options));
  }
  appendFile(data: unknown, options?: Record<string, unknown> | string): Promise<void> {
    return runSteps(appendFile(this.#fd, data, options));
  }
  stat(options?: Record<string, unknown>): Promise<unknown> {
    return runSteps(fstat(this.#fd, options));
  }
  truncate(length?: number): Promise<void> {
    return runSteps(ftruncate(this.#fd, length));
  }
  sync(): Promise<void> {
    return runSteps(fsync(this.#fd));
  }
  datasync(): Promise<void> {
    return runSteps(fsync(this.#fd));
  }
  createReadStream(options: object = {}): unknown {
    return createReadStream("", { ...options, fd: this.#fd });
  }
  createWriteStream(options: object = {}): unknown {
    return createWriteStream("", { ...options, fd: this.#fd });
  }
  async *readLines(options: { encoding?: BufferEncoding } = {}): AsyncGenerator<string> {
    const text = String(await this.readFile(options.encoding ?? "utf8"));
    const lines = text.split(/\r\n|\n|\r/);
    if (lines.at(-1) === "") lines.pop();
    yield* lines;
  }
  async close(): Promise<void> {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    await runSteps(close(fd));
    this.emit("close");
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
