/** Bounds the bodies that are read whole: JSON and forms. */
import type { MiddlewareHandler } from "hono";
import { NanoError } from "../../runtime/mod.ts";

/**
 * Refuses a longer body, by its `Content-Length` before any of it is read, or else as soon as it is too long. Not
 * `hono/body-limit`: that leaves the rest of a refused body open, and tells a long chunked JSON body from a malformed one
 * only after the validators.
 */
export function bodyLimit(maxBytes: number): MiddlewareHandler {
  return async (context, next) => {
    const { raw } = context.req;
    const length = raw.headers.get("content-length");
    if (length !== null) {
      if (Number(length) > maxBytes) throw tooLong(maxBytes);
    } else if (!["GET", "HEAD"].includes(raw.method) && raw.body !== null && !raw.bodyUsed) {
      const body = await boundedBytes(raw.body, maxBytes);
      context.req.raw = new Request(raw, { body });
    }
    await next();
  };
}

async function boundedBytes(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the rest of the body.
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLong(maxBytes);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function tooLong(maxBytes: number): NanoError {
  return new NanoError("BODY_TOO_LARGE", `Cannot read the body: it is longer than ${maxBytes} bytes`);
}
