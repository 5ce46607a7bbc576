/** Lets streams of two implementations flow into each other. */
import { bare } from "../../protocol/bare.ts";

/** The two classes of one implementation that meet the other's. */
export interface Kind {
  readonly ReadableStream: typeof ReadableStream;
  readonly WritableStream: typeof WritableStream;
}

type Callable = (...given: unknown[]) => unknown;

const { apply } = Reflect;
const hasInstance = Function.prototype[Symbol.hasInstance];
const NativeAbortSignal = AbortSignal;

/** `instanceof` without the class's own say. */
export function ordinaryInstance(constructor: unknown, value: unknown): boolean {
  return apply(hasInstance, constructor, [value]);
}

/** How {@linkcode adopt} takes a stream over. */
export interface AdoptOptions {
  /** Touches the source only when something is read, so that an unread body leaves its stream alone; else it is locked
   * and read from at once, as by a pipe. */
  readonly lazy: boolean;
  /** Makes a byte stream, for BYOB readers. */
  readonly bytes: boolean;
}

/** A stream of another kind over the same chunks; `release` gives the source back. */
export function adopt(
  source: ReadableStream<unknown>,
  Target: typeof ReadableStream,
  { lazy, bytes }: AdoptOptions,
): { stream: ReadableStream<unknown>; release(): void } {
  let reader: ReadableStreamDefaultReader<unknown> | null = null;
  let first: Promise<ReadableStreamReadResult<unknown>> | null = null;
  let controller: ReadableByteStreamController & ReadableStreamDefaultController<unknown>;
  let ended = false;
  let reading = false;
  let sourceEnded = false;
  const end = (finish: () => void) => {
    if (ended) return;
    ended = true;
    finish();
  };
  const close = () =>
    end(() => {
      controller.close();
      // A BYOB read that waits is answered with nothing.
      if (bytes) controller.byobRequest?.respond(0);
    });
  const open = () => {
    if (reader !== null) return reader;
    reader = source.getReader();
    // Ends and errors arrive also while nobody reads.
    reader.closed.then(() => {
      sourceEnded = true;
      // The last chunk may be on its way through a read.
      if (!reading) close();
    }, (error) => end(() => controller.error(error)));
    return reader;
  };
  const readFirst = () => {
    reading = true;
    first = open().read();
    // What fails errors the stream by `closed`.
    first.then(({ done }) => {
      if (done) close();
    }, () => {});
  };
  const pull = async (): Promise<void> => {
    for (;;) {
      reading = true;
      const { done, value } = await (first ?? open().read());
      first = null;
      reading = false;
      if (done) return close();
      // A byte stream refuses what is empty.
      const isEmpty = bytes && (value as { byteLength?: number }).byteLength === 0;
      if (!ended && !isEmpty) controller.enqueue(value);
      if (sourceEnded) return close();
      if (!isEmpty) return;
    }
  };
  const stream = new Target({
    __proto__: null,
    ...bytes ? { type: "bytes" } : {},
    start(given: typeof controller) {
      controller = given;
      if (!lazy) readFirst();
    },
    pull,
    cancel(reason: unknown) {
      ended = true;
      return open().cancel(reason);
    },
  } as unknown as UnderlyingDefaultSource<unknown>, bare({ highWaterMark: 0 }));
  return {
    stream,
    release() {
      ended = true;
      reader?.releaseLock();
    },
  };
}

/** Makes `pipeTo` and `pipeThrough` of both kinds take destinations of the other. */
export function pipeBetween(one: Kind, other: Kind): void {
  bridgePipes(one, other);
  bridgePipes(other, one);
}

function bridgePipes(own: Kind, foreign: Kind): void {
  const { prototype } = own.ReadableStream;
  const ownPipeTo = prototype.pipeTo as unknown as Callable;
  const ownPipeThrough = prototype.pipeThrough as unknown as Callable;
  const foreignPipeTo = foreign.ReadableStream.prototype.pipeTo as unknown as Callable;
  const isOwn = (value: unknown) => ordinaryInstance(own.ReadableStream, value);
  const isForeign = (value: unknown) => ordinaryInstance(foreign.WritableStream, value);

  const pipeTo = async (
    source: ReadableStream<unknown>,
    destination: WritableStream<unknown>,
    options: unknown,
  ): Promise<void> => {
    if (source.locked) throw new TypeError("Cannot pipe a locked ReadableStream");
    if (destination.locked) throw new TypeError("Cannot pipe to a locked WritableStream");
    const { stream, release } = adopt(source, foreign.ReadableStream, { lazy: false, bytes: false });
    try {
      await apply(foreignPipeTo, stream, [destination, options]);
    } finally {
      release();
    }
  };

  const methods = {
    pipeTo(this: ReadableStream<unknown>, destination: unknown, options: unknown = {}): unknown {
      if (!isOwn(this) || !isForeign(destination)) return apply(ownPipeTo, this, arguments as unknown as unknown[]);
      return pipeTo(this, destination as WritableStream<unknown>, options);
    },
    pipeThrough(this: ReadableStream<unknown>, pair: unknown, options: unknown = {}): unknown {
      // In the order of the standard, each member read once: what this is, then what is readable, then what is writable.
      if (!isOwn(this)) return apply(ownPipeThrough, this, arguments as unknown as unknown[]);
      const { readable } = (pair ?? {}) as { readable?: unknown };
      if (!isOwn(readable) && !ordinaryInstance(foreign.ReadableStream, readable)) {
        throw new TypeError("Cannot pipe through a pair whose readable is no ReadableStream");
      }
      const { writable } = pair as { writable?: unknown };
      if (!isForeign(writable) && !ordinaryInstance(own.WritableStream, writable)) {
        throw new TypeError("Cannot pipe through a pair whose writable is no WritableStream");
      }
      if (isOwn(readable) && !isForeign(writable)) {
        return apply(ownPipeThrough, this, [bare({ readable, writable }), options]);
      }
      return pipeThrough(this, { readable, writable }, options);
    },
  };

  const pipeThrough = (
    source: ReadableStream<unknown>,
    { readable, writable }: { readable: unknown; writable: unknown },
    options: unknown,
  ): unknown => {
    const { signal } = (options ?? {}) as { signal?: unknown };
    if (signal !== undefined && !(signal instanceof NativeAbortSignal)) {
      throw new TypeError("Cannot pipe with a signal that is no AbortSignal");
    }
    if (source.locked) throw new TypeError("Cannot pipe a locked ReadableStream");
    if ((writable as WritableStream).locked) throw new TypeError("Cannot pipe to a locked WritableStream");
    const piped = isForeign(writable)
      ? pipeTo(source, writable as WritableStream<unknown>, options)
      : apply(ownPipeTo, source, [writable, options]) as Promise<void>;
    // As the standard has it: whoever reads the other end learns of a failure there.
    piped.catch(() => {});
    return readable;
  };

  for (const name of ["pipeTo", "pipeThrough"] as const) {
    const value = methods[name];
    Object.defineProperty(value, "length", { value: 1, configurable: true });
    Object.defineProperty(prototype, name, { value, writable: true, enumerable: true, configurable: true });
  }
}
