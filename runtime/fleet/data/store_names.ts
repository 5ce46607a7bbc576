/** Names of what stores of apps are on NATS servers: each is a stream, so that rights, room and copies are its own. */
import type { OutsideKind } from "../../data/outside_stores.ts";
import { subjectPart } from "../nats_names.ts";

/** Of a KV namespace. */
export interface KvNames {
  readonly stream: string;
  /** Before the key: what is known of it, and its value when that is short. */
  readonly entries: string;
  /** Before the key: parts of its value when that is long. */
  readonly parts: string;
}

/** Of a queue. */
export interface QueueNames {
  readonly stream: string;
  /** Before the id of a message. */
  readonly messages: string;
  /** Whoever delivers from it answers there, with what it has. */
  readonly leases: string;
}

/** Of an R2 bucket. */
export interface BucketNames {
  readonly stream: string;
  /** Before the key: what is known of it, and the object's bytes when they are few. */
  readonly entries: string;
  /** Before owner, piece and number: parts of bytes. */
  readonly content: string;
  /** Before owner and kind: marks of bytes that are to be looked after, should nobody come to it. */
  readonly marks: string;
  /** Before the id of an upload of several parts. */
  readonly uploads: string;
  /** Before the id of an upload and the number of a part. */
  readonly rows: string;
  /** Before the owner of bytes: whoever reads them answers there. */
  readonly held: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Names of a namespace. */
export function kvNames(space: string, namespace: string): KvNames {
  const name = plainPart(namespace);
  return {
    stream: `${streamsOf(space, "kv")}${name}`,
    entries: `${space}.kv.${name}.k.`,
    parts: `${space}.kv.${name}.v.`,
  };
}

/** Names of a queue. */
export function queueNames(space: string, queue: string): QueueNames {
  const name = plainPart(queue);
  return {
    stream: `${streamsOf(space, "queue")}${name}`,
    messages: `${space}.queue.${name}.m.`,
    leases: `${space}.queue.${name}.leases`,
  };
}

/** Names of a bucket. */
export function bucketNames(space: string, bucket: string): BucketNames {
  const name = plainPart(bucket);
  const start = `${space}.r2.${name}`;
  return {
    stream: `${streamsOf(space, "r2")}${name}`,
    entries: `${start}.k.`,
    content: `${start}.v.`,
    marks: `${start}.w.`,
    uploads: `${start}.u.`,
    rows: `${start}.p.`,
    held: `${start}.held.`,
  };
}

/** The store of a kind that a stream is, or null when it is none of the space. */
export function storeOfStream(space: string, kind: OutsideKind, stream: string): string | null {
  const start = streamsOf(space, kind);
  if (!stream.startsWith(start)) return null;
  return stream.slice(start.length).replace(
    /(?:=[0-9a-f]{2})+/g,
    (text) => decoder.decode(bytesOfHex(text.replaceAll("=", ""))),
  );
}

/** A name as one part of a subject, whatever it holds. */
export function plainPart(name: string): string {
  return subjectPart(name).replaceAll(".", "=2e");
}

/** A key as a part of a subject: hexadecimal digits, whose order is that of its UTF-8. */
export function keyPart(key: string): string {
  return (encoder.encode(key) as Uint8Array & { toHex(): string }).toHex();
}

/** The key of such a part. */
export function keyOf(part: string): string {
  return decoder.decode(bytesOfHex(part));
}

function streamsOf(space: string, kind: OutsideKind): string {
  return `${space}_${kind}_`;
}

function bytesOfHex(hex: string): Uint8Array {
  return (Uint8Array as unknown as { fromHex(hex: string): Uint8Array }).fromHex(hex);
}
