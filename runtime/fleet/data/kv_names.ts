/** Names of what a KV namespace is on NATS servers. */
import { subjectPart } from "../nats_names.ts";

/** A namespace is a stream, so that rights, room and copies are its own. */
export interface KvNames {
  readonly stream: string;
  /** Before the key: what is known of it, and its value when that is short. */
  readonly entries: string;
  /** Before the key: parts of its value when that is long. */
  readonly parts: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Names of a namespace. */
export function kvNames(space: string, namespace: string): KvNames {
  const name = subjectPart(namespace).replaceAll(".", "=2e");
  return {
    stream: `${streamsOf(space)}${name}`,
    entries: `${space}.kv.${name}.k.`,
    parts: `${space}.kv.${name}.v.`,
  };
}

/** The namespace that a stream is, or null when it is none of the space. */
export function namespaceOf(space: string, stream: string): string | null {
  if (!stream.startsWith(streamsOf(space))) return null;
  const name = stream.slice(streamsOf(space).length);
  return name.replace(
    /(?:=[0-9a-f]{2})+/g,
    (text) => decoder.decode(bytesOfHex(text.replaceAll("=", ""))),
  );
}

/** A key as a part of a subject: hexadecimal digits, whose order is that of its UTF-8. */
export function keyPart(key: string): string {
  return (encoder.encode(key) as Uint8Array & { toHex(): string }).toHex();
}

/** The key of such a part. */
export function keyOf(part: string): string {
  return decoder.decode(bytesOfHex(part));
}

function streamsOf(space: string): string {
  return `${space}_kv_`;
}

function bytesOfHex(hex: string): Uint8Array {
  return (Uint8Array as unknown as { fromHex(hex: string): Uint8Array }).fromHex(hex);
}
