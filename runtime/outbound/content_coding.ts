/** Undoes the content codings of an answer; a body that is damaged or ends too early fails. */
import { pipeline, Readable, type Transform } from "node:stream";
import zlib from "node:zlib";
import { messageOf } from "../errors.ts";

/** Each unpacks another layer; more are refused, since every layer may grow a thousandfold. As undici has it. */
const MAX_CODINGS = 5;

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** What arrives is handed on at once, also where the sender pauses in the middle of a stream of events. */
const EAGER = { flush: zlib.constants.Z_SYNC_FLUSH } as const;

/**
 * By coding. There is no zstd: Deno's decoder takes a body that breaks off for a whole one, as its `node:zlib` does with
 * Brotli; gzip is not left to DecompressionStream, which knows no second member.
 */
const DECODERS: Readonly<Record<string, (body: Body) => Body>> = {
  gzip: (body) => through(body, () => zlib.createGunzip(EAGER)),
  "x-gzip": (body) => through(body, () => zlib.createGunzip(EAGER)),
  // Some leave out the header that the standard asks for; its low four bits are always 8 (RFC 1950).
  deflate: (body) =>
    through(body, (first) => (first & 0x0f) === 8 ? zlib.createInflate(EAGER) : zlib.createInflateRaw(EAGER)),
  // Deno has "brotli", though its types do not say so.
  br: (body) => body.pipeThrough(new DecompressionStream("brotli" as CompressionFormat)),
};

/**
 * The codings that a header names, the one applied first in front.
 *
 * @returns null when there is none, or one that is not known: the body then stays as it came
 * @throws {TypeError} when there are too many
 */
export function knownCodings(header: string): readonly string[] | null {
  const codings = header.toLowerCase().split(",").map((coding) => coding.trim()).filter((coding) => coding !== "");
  if (codings.length > MAX_CODINGS) throw new TypeError(`Cannot undo more than ${MAX_CODINGS} content codings`);
  return codings.length > 0 && codings.every((coding) => Object.hasOwn(DECODERS, coding)) ? codings : null;
}

/**
 * The body without its codings.
 *
 * @param options.codings as {@linkcode knownCodings} has them
 * @param options.origin for the error's text
 */
export function decodedBody(
  body: Body,
  { codings, origin }: { readonly codings: readonly string[]; readonly origin: string },
): Body {
  const packed = body.getReader();
  let plain: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null = null;
  /** What broke before anything was decoded: not a fault of the coding. */
  let cut: unknown = null;

  async function open() {
    const first = await packed.read();
    // Where nothing was packed, nothing has to be unpacked.
    if (first.done) return null;
    const source: Body = new ReadableStream({
      start: (controller) => controller.enqueue(first.value),
      async pull(controller) {
        const { done, value } = await packed.read().catch((error) => Promise.reject(cut = error));
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => packed.cancel(reason),
    });
    return codings.reduceRight((inner, coding) => DECODERS[coding]!(inner), source).getReader();
  }

  return new ReadableStream({
    async pull(controller) {
      try {
        plain ??= await open();
        const next = plain === null ? { done: true as const } : await plain.read();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      } catch (error) {
        // What is damaged is not read to its end; that it cannot be cancelled changes nothing.
        packed.cancel(error).catch(() => {});
        throw cut ?? (plain === null ? error : damaged(origin, codings, error));
      }
    },
    async cancel(reason) {
      await Promise.allSettled([plain?.cancel(reason), packed.cancel(reason)]);
    },
  }, { highWaterMark: 0 });
}

/** A decoder of `node:zlib` over a body. */
function through(body: Body, decoderFor: (firstByte: number) => Transform): Body {
  const reader = body.getReader();
  let output: AsyncIterator<Uint8Array<ArrayBuffer>> | null = null;
  let decoder: Transform | null = null;

  async function* input() {
    for (let next = first; next !== null && !next.done; next = await reader.read()) yield next.value;
  }
  let first: Awaited<ReturnType<typeof reader.read>> | null = null;

  async function open() {
    first = await reader.read();
    decoder = decoderFor(first.value?.[0] ?? 0);
    // It is destroyed with whatever breaks before it, and that is where its reader hears of it.
    pipeline(Readable.from(input(), { objectMode: false }), decoder, () => {});
    return decoder[Symbol.asyncIterator]();
  }

  return new ReadableStream({
    async pull(controller) {
      output ??= await open();
      const { done, value } = await output.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    async cancel(reason) {
      decoder?.destroy();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

function damaged(origin: string, codings: readonly string[], error: unknown): TypeError {
  const text = `Cannot read the answer of ${origin}: its content coding "${codings.join(", ")}" is broken`;
  return new TypeError(`${text}: ${messageOf(error)}`, { cause: error });
}
