/** One message of a store: what is known, as JSON, and bytes behind it. */

/** Nodes that know only lower ones leave such entries alone. */
const FORMAT = 1;
const LENGTH_BYTES = 4;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param facts that JSON has */
export function framed(facts: object, bytes: Uint8Array): Uint8Array {
  const head = encoder.encode(JSON.stringify({ format: FORMAT, ...facts }));
  const message = new Uint8Array(LENGTH_BYTES + head.byteLength + bytes.byteLength);
  new DataView(message.buffer).setUint32(0, head.byteLength);
  message.set(head, LENGTH_BYTES);
  message.set(bytes, LENGTH_BYTES + head.byteLength);
  return message;
}

/**
 * The two of them; the facts are what the same store's {@linkcode framed} was given.
 * @throws {Error} when a newer NANO has written it
 */
export function unframed<Facts>(message: Uint8Array): { readonly facts: Facts; readonly bytes: Uint8Array } {
  const end = LENGTH_BYTES + new DataView(message.buffer, message.byteOffset).getUint32(0);
  const { format, ...facts } = JSON.parse(decoder.decode(message.subarray(LENGTH_BYTES, end)));
  if (format > FORMAT) throw new Error(`an entry has format ${format}, which needs a newer NANO`);
  return { facts: facts as Facts, bytes: message.subarray(end) };
}
