/** What Workers have beside the web platform; an app that names none of it gets none of it. */
import { allowMd5, digestStream, type Hashes } from "./workers/digest_stream.ts";
import { scopeNames } from "./workers/scope.ts";
import { attachmentMethods, WebSocketRequestResponsePair } from "./workers/sockets.ts";

/** The app's place. */
export interface WorkersPlace {
  /** `node:crypto`, once somebody needs it. */
  readonly hashes: () => Hashes;
  /** Compatibility flags of a Workers project; null for an app that is none. */
  readonly flags: readonly string[] | null;
}

class Scheduler {
  /** @returns a promise that resolves after so many ms, and rejects when the signal aborts */
  async wait(delayMs: number, options?: { readonly signal?: AbortSignal }): Promise<void> {
    if (arguments.length === 0) throw new TypeError("Failed to execute 'wait' on 'Scheduler': it needs a delay");
    const signal = options?.signal;
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, delayMs);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  get [Symbol.toStringTag](): string {
    return "Scheduler";
  }
}

const { getSetCookie } = Headers.prototype;
const { read } = ReadableStreamBYOBReader.prototype;

const headersMethods = {
  getAll(this: Headers, name: unknown): string[] {
    if (String(name).toLowerCase() !== "set-cookie") {
      throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
    }
    return getSetCookie.call(this);
  },
};

const readerMethods = {
  readAtLeast(this: ReadableStreamBYOBReader, min: number, view: ArrayBufferView<ArrayBuffer>): Promise<unknown> {
    return (read as (view: unknown, options: { min: number }) => Promise<unknown>).call(this, view, { min });
  },
};

const subtleMethods = {
  /** Takes as long whatever differs. */
  timingSafeEqual(a: unknown, b: unknown): boolean {
    const [one, other] = [bytesOf(a), bytesOf(b)];
    if (one.byteLength !== other.byteLength) throw new TypeError("Input buffers must have the same byte length.");
    let difference = 0;
    for (let at = 0; at < one.byteLength; at++) difference |= one[at]! ^ other[at]!;
    return difference === 0;
  },
};

function bytesOf(value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new TypeError("timingSafeEqual() takes an ArrayBuffer or a view of one");
}

function define(target: object, members: Readonly<Record<string, unknown>>, enumerable: boolean): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable });
  }
}

/** Makes it the app's; called before any of its code runs. */
export function install(global: object, { hashes, flags }: WorkersPlace): void {
  define(global, { scheduler: new Scheduler() }, true);
  define(global, { WebSocketRequestResponsePair }, false);
  define(Crypto.prototype, { DigestStream: digestStream(hashes) }, true);
  define(SubtleCrypto.prototype, subtleMethods, true);
  define(Headers.prototype, headersMethods, true);
  define(ReadableStreamBYOBReader.prototype, readerMethods, true);
  define((global as { WebSocket: { prototype: object } }).WebSocket.prototype, attachmentMethods, true);
  if (flags === null) return;
  const compatibilityFlags = Object.freeze(Object.assign(
    Object.create(null),
    Object.fromEntries(flags.map((flag) => [flag, true])),
  ));
  define(global, { Cloudflare: Object.freeze({ compatibilityFlags }), ...scopeNames(global) }, false);
  allowMd5(hashes);
}
