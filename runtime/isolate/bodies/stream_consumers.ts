/** The parts of `node:stream/consumers` that Deno makes of its own Blob, whose bytes outlive the isolate. */

/** Names of the exports that are replaced. */
export const BLOB_CONSUMERS: readonly string[] = ["arrayBuffer", "blob", "buffer", "bytes"];

/** Text of an expression that gives them; it runs in the app's realm. */
export function blobConsumersSource(): string {
  return `((Blob, Buffer) => {
  const blob = async (stream) => {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    return new Blob(chunks);
  };
  const arrayBuffer = async (stream) => (await blob(stream)).arrayBuffer();
  const bytes = async (stream) => (await blob(stream)).bytes();
  const buffer = async (stream) => Buffer.from(await arrayBuffer(stream));
  return { arrayBuffer, blob, buffer, bytes };
})(globalThis.Blob, globalThis.Buffer)`;
}
