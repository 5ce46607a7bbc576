/** The parts of `node:stream/consumers` that Deno makes of its own Blob, whose bytes outlive the isolate. */
import { Buffer } from "node:buffer";
import { apply } from "../../protocol/primordials.ts";
import { append } from "../../protocol/safe_lists.ts";
import { AppBlob } from "./blob.ts";

const bufferFrom = Buffer.from as unknown as (this: unknown, bytes: ArrayBuffer) => Buffer;
const { arrayBuffer: arrayBufferOf, bytes: bytesOf } = AppBlob.prototype;

/** What a stream holds, as a Blob of ours; Node's streams and the web's are both iterated as they say themselves. */
async function blob(stream: AsyncIterable<unknown>): Promise<AppBlob> {
  const chunks: unknown[] = [];
  // deno-lint-ignore natives/iteration -- the app's own stream
  for await (const chunk of stream) append(chunks, chunk);
  return new AppBlob(chunks);
}

/** What takes the place of the exports of those names. */
export const BLOB_CONSUMERS = {
  async arrayBuffer(stream: AsyncIterable<unknown>): Promise<ArrayBuffer> {
    return await (apply(arrayBufferOf, await blob(stream), []) as Promise<ArrayBuffer>);
  },
  blob,
  async buffer(stream: AsyncIterable<unknown>): Promise<Buffer> {
    return apply(bufferFrom, Buffer, [await BLOB_CONSUMERS.arrayBuffer(stream)]);
  },
  async bytes(stream: AsyncIterable<unknown>): Promise<Uint8Array<ArrayBuffer>> {
    return await (apply(bytesOf, await blob(stream), []) as Promise<Uint8Array<ArrayBuffer>>);
  },
};
