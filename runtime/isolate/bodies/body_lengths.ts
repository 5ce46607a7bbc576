/**
 * Bodies of Requests and Responses as streams: byte streams, as the Fetch standard has them, of a length that is noted
 * where it is known, so that R2 takes them.
 */
import { innerSlots } from "../../protocol/inner_slots.ts";
import { noteLength, passLength } from "../../protocol/stream_lengths.ts";
import { apply, bytesLength, encodeText } from "../../protocol/primordials.ts";
import { blobStream } from "./blob_stream.ts";

const { defineProperty, getOwnPropertyDescriptor } = Object;

/** Replaces `body` of both prototypes, and `tee` of streams, whose halves are as long as the whole. @boot */
export function installBodyLengths(): void {
  if (innerSlots !== null) {
    innerSlots.giveStreams((content) => {
      const bytes = typeof content === "string" ? encodeText(content) : content;
      return blobStream(bytesLength(bytes) === 0 ? [] : [bytes]);
    });
    installOn(Request.prototype);
    installOn(Response.prototype);
  }
  const nativeTee = ReadableStream.prototype.tee;
  const { tee } = {
    tee(this: ReadableStream) {
      const halves = apply(nativeTee, this, []) as [ReadableStream, ReadableStream];
      passLength(this, halves[0]);
      passLength(this, halves[1]);
      return halves;
    },
  };
  defineProperty(ReadableStream.prototype, "tee", {
    ...getOwnPropertyDescriptor(ReadableStream.prototype, "tee"),
    value: tee,
  });
}

/** @boot */
function installOn(prototype: object): void {
  const kept = getOwnPropertyDescriptor(prototype, "body")!;
  const nativeBody = kept.get!;
  const { get } = getOwnPropertyDescriptor({
    get body() {
      const isHolder = typeof this === "object" && this !== null;
      // Before the text of a response becomes a stream.
      const length = isHolder ? innerSlots!.lengthOf(this as unknown as Request) : null;
      const stream = apply(nativeBody, this, []) as ReadableStream | null;
      if (stream !== null && length !== null) noteLength(stream, length);
      return stream;
    },
  }, "body")!;
  defineProperty(prototype, "body", { ...kept, get: get! });
}
