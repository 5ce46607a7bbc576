/** Files as streams of `node:stream`. */
import { Readable, Writable } from "node:stream";
import { bytesOfFile, runSteps } from "./disk.ts";
import { close, open, openFile } from "./open_files.ts";
import { pathText } from "./paths.ts";
import { writeBytes } from "./writing.ts";
import { Buffer } from "node:buffer";

interface StreamOptions {
  readonly fd?: number | { readonly fd: number };
  readonly flags?: string;
  readonly encoding?: BufferEncoding;
  readonly start?: number;
  /** Of the last byte. */
  readonly end?: number;
  readonly autoClose?: boolean;
  readonly highWaterMark?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_BYTES = 64 * 1024;

function optionsOf(given: StreamOptions | BufferEncoding | undefined): StreamOptions {
  return typeof given === "string" ? { encoding: given } : given ?? {};
}

function fdOf({ fd }: StreamOptions): number | null {
  return typeof fd === "object" ? fd.fd : fd ?? null;
}

/** As `fs.createReadStream` gives it. */
export class ReadStream extends Readable {
  readonly path: unknown;
  fd: number | null;
  bytesRead = 0;
  pending = true;
  readonly #options: StreamOptions;
  #at: number | null;

  constructor(path: unknown, given?: StreamOptions | BufferEncoding) {
    const options = optionsOf(given);
    super({
      highWaterMark: options.highWaterMark ?? DEFAULT_BYTES,
      ...options.encoding === undefined ? {} : { encoding: options.encoding },
      autoDestroy: options.autoClose ?? true,
      ...options.signal === undefined ? {} : { signal: options.signal },
    });
    this.path = path;
    this.#options = options;
    this.fd = fdOf(options);
    this.#at = options.start ?? null;
    if (this.fd === null) pathText(path);
  }

  override _construct(done: (error?: Error | null) => void): void {
    begin(this, this.#options.flags ?? "r", done);
  }

  override _read(size: number): void {
    const file = openFile(this.fd, "read");
    const at = this.#at ?? file.position;
    const { start = 0, end = Infinity } = this.#options;
    const left = this.#at === null ? end - start + 1 - this.bytesRead : end + 1 - at;
    if (left <= 0) return void this.push(null);
    runSteps(bytesOfFile(file.path, at, Math.min(size, left), { syscall: "read" })).then((bytes) => {
      if (this.#at === null) file.position += bytes.byteLength;
      else this.#at += bytes.byteLength;
      this.bytesRead += bytes.byteLength;
      this.push(bytes.byteLength === 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    }, (error) => this.destroy(error));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    end(this, this.#options, (failure) => done(error ?? failure));
  }

  close(done?: (error?: Error | null) => void): void {
    if (done !== undefined) this.once("close", () => done(null));
    this.destroy();
  }
}

/** As `fs.createWriteStream` gives it. */
export class WriteStream extends Writable {
  readonly path: unknown;
  fd: number | null;
  bytesWritten = 0;
  pending = true;
  readonly #options: StreamOptions;
  #at: number | null;

  constructor(path: unknown, given?: StreamOptions | BufferEncoding) {
    const options = optionsOf(given);
    super({
      decodeStrings: true,
      ...options.encoding === undefined ? {} : { defaultEncoding: options.encoding },
      autoDestroy: options.autoClose ?? true,
      ...options.signal === undefined ? {} : { signal: options.signal },
    });
    this.path = path;
    this.#options = options;
    this.fd = fdOf(options);
    this.#at = options.start ?? null;
    if (this.fd === null) pathText(path);
  }

  override _construct(done: (error?: Error | null) => void): void {
    begin(this, this.#options.flags ?? "w", done);
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      const count = writeBytes(this.fd, chunk, this.#at);
      if (this.#at !== null) this.#at += count;
      this.bytesWritten += count;
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    end(this, this.#options, (failure) => done(error ?? failure));
  }

  close(done?: (error?: Error | null) => void): void {
    if (done !== undefined) this.once("close", () => done(null));
    this.end();
  }
}

function begin(stream: ReadStream | WriteStream, flags: string, done: (error?: Error | null) => void): void {
  if (stream.fd !== null) {
    stream.pending = false;
    return done();
  }
  runSteps(open(stream.path, flags)).then((fd) => {
    stream.fd = fd;
    stream.pending = false;
    done();
    stream.emit("open", fd);
    stream.emit("ready");
  }, done);
}

function end(
  stream: { fd: number | null },
  { autoClose = true }: StreamOptions,
  done: (error: Error | null) => void,
): void {
  const { fd } = stream;
  if (fd === null || !autoClose) return done(null);
  stream.fd = null;
  runSteps(close(fd)).then(() => done(null), done);
}

// They are called without "new" as well.
export function createReadStream(path: unknown, options?: StreamOptions | BufferEncoding): ReadStream {
  return new ReadStream(path, options);
}

export function createWriteStream(path: unknown, options?: StreamOptions | BufferEncoding): WriteStream {
  return new WriteStream(path, options);
}
