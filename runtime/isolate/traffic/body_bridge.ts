/** Lets Response, Request and fetch take bodies of another stream implementation; Deno's own only know native ones. */
import { bare } from "../../protocol/bare.ts";
import { adopt, type Kind, ordinaryInstance } from "./stream_bridge.ts";

type Constructor = new (...given: unknown[]) => object;
type Convert = (body: unknown) => unknown;

const { apply, construct } = Reflect;
const { defineProperty, getOwnPropertyDescriptor } = Object;

/** Installs constructors and a fetch that turn foreign bodies into native streams. @boot */
export function bridgeBodies(native: Kind, foreign: Kind): void {
  const from = native.ReadableStream.from.bind(native.ReadableStream);
  const convert: Convert = (body) => {
    if (!ordinaryInstance(foreign.ReadableStream, body)) {
      // Deno would build a stream of the wrong kind over it.
      const isIterable = typeof body === "object" && body !== null && Symbol.asyncIterator in body &&
        !ordinaryInstance(native.ReadableStream, body);
      return isIterable ? from(body as AsyncIterable<unknown>) : body;
    }
    const stream = body as ReadableStream<unknown>;
    if (stream.locked || isDisturbed(stream)) {
      throw new TypeError("Cannot make a body of a ReadableStream that is locked or was read from");
    }
    return adopt(stream, native.ReadableStream, { lazy: true, bytes: isByteStream(stream) }).stream;
  };
  replace("Response", ([body, ...rest]) => [convert(body), ...rest]);
  replace("Request", ([input, init, ...rest]) => [input, convertInit(init, convert), ...rest]);

  for (const { prototype } of [Request, Response]) keepNativeBodies(prototype, native.ReadableStream);

  const nativeFetch = globalThis.fetch as (...given: unknown[]) => Promise<Response>;
  const { fetch } = {
    async fetch(input: unknown, init: unknown = undefined) {
      return await nativeFetch(input, convertInit(init, convert));
    },
  };
  Object.defineProperty(fetch, "length", { value: 1, configurable: true });
  Object.defineProperty(globalThis, "fetch", { value: fetch, writable: true, configurable: true, enumerable: true });
}

/** @boot */
function replace(name: "Response" | "Request", convert: (given: unknown[]) => unknown[]): void {
  const Native = globalThis[name] as unknown as Constructor;
  const Bridged: Constructor = new Proxy(
    Native,
    bare<ProxyHandler<Constructor>>({
      construct(target, given, newTarget) {
        if (given.length === 0) return construct(target, given, newTarget === Bridged ? target : newTarget);
        return construct(target, convert(given), newTarget === Bridged ? target : newTarget);
      },
    }),
  );
  Object.defineProperty(Native.prototype, "constructor", {
    value: Bridged,
    writable: true,
    configurable: true,
    enumerable: false,
  });
  Object.defineProperty(globalThis, name, { value: Bridged, writable: true, configurable: true, enumerable: false });
}

/**
 * Deno makes the closed stream of a body that was read by whatever the global scope has as ReadableStream, and takes it
 * for one of its own.
 * @boot
 */
function keepNativeBodies(prototype: object, Native: typeof ReadableStream): void {
  const { get, ...rest } = getOwnPropertyDescriptor(prototype, "body")!;
  const bodyOf = get!;
  const accessors = {
    get body(): unknown {
      const given = getOwnPropertyDescriptor(globalThis, "ReadableStream");
      if (given?.configurable !== true) return apply(bodyOf, this, []);
      defineProperty(globalThis, "ReadableStream", bare({ value: Native, configurable: true }));
      try {
        return apply(bodyOf, this, []);
      } finally {
        defineProperty(globalThis, "ReadableStream", bare(given));
      }
    },
  };
  defineProperty(prototype, "body", { ...rest, get: getOwnPropertyDescriptor(accessors, "body")!.get! });
}

/** The same options with a converted body; other members, getters included, are read through the original. */
function convertInit(init: unknown, convert: Convert): unknown {
  if (typeof init !== "object" || init === null) return init;
  const { body } = init as { body?: unknown };
  const converted = convert(body);
  if (converted === body) return init;
  return Object.create(init, bare({ body: bare({ value: converted, enumerable: true }) }));
}

/** web-streams-polyfill keeps the flag of the standard under this name, and no public member tells. */
function isDisturbed(stream: ReadableStream<unknown>): boolean {
  return (stream as unknown as { _disturbed?: boolean })._disturbed === true;
}

function isByteStream(stream: ReadableStream<unknown>): boolean {
  try {
    (stream as ReadableStream<Uint8Array<ArrayBuffer>>).getReader(bare({ mode: "byob" })).releaseLock();
    return true;
  } catch {
    // Only byte streams have such readers.
    return false;
  }
}
