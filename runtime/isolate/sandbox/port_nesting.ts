/**
 * Bounds how deep ports lie in unread messages of other ports: Deno 2.9 drops what lies there by recursion, and a nest of
 * some 16,000 overflows the thread's stack, which ends the whole process.
 */
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  construct,
  defineGlobal,
  defineMember,
  getOwnPropertyDescriptor,
  NativeDOMException,
  NativeProxy,
} from "../../protocol/primordials.ts";
import { SafeWeakMap } from "../../protocol/safe_collections.ts";

/** A fourth of what the stack holds; nobody nests ports on purpose. */
const MAX_DEPTH = 4_000;

/** Both ends of a channel: how deep ports lie in what was ever sent through it. */
interface Line {
  depth: number;
}

const lines = new SafeWeakMap<object, Line>();
/** A port that was received is another object than the one that was sent: it may be any of them. */
let deepest = 0;

/** Knows the ports of each channel that the app makes. @boot */
export function watchChannels(): void {
  const Native = MessageChannel;
  const one = portOf(Native.prototype, "port1");
  const other = portOf(Native.prototype, "port2");
  const handler: ProxyHandler<typeof Native> = bare({
    construct(target, given, newTarget) {
      const channel = construct(target, given, newTarget) as object;
      const line: Line = { depth: 0 };
      lines.set(one(channel), line);
      lines.set(other(channel), line);
      return channel;
    },
  });
  const Watched = new NativeProxy(Native, handler);
  defineMember(Native.prototype, "constructor", Watched);
  defineGlobal("MessageChannel", Watched);
}

/** A port of a channel that no code of the app has come to yet: node workers have it as a plain member, others by a getter. @boot */
function portOf(prototype: MessageChannel, name: "port1" | "port2"): (channel: object) => object {
  const get = getOwnPropertyDescriptor(prototype, name)?.get;
  return (channel) =>
    (getOwnPropertyDescriptor(channel, name)?.value ??
      (get === undefined ? channel : apply(get, channel, []))) as object;
}

/**
 * Notes that ports are handed over.
 * @param through the port they are sent through; null when they are handed on at once
 * @throws DataCloneError when they would lie too deep
 */
export function nestPorts(through: object | null, ports: readonly object[]): void {
  let depth = 0;
  for (let at = 0; at < ports.length; at++) {
    const inside = lines.get(ports[at]!)?.depth ?? deepest;
    if (inside >= depth) depth = inside + 1;
  }
  if (depth > MAX_DEPTH) {
    throw new NativeDOMException(
      `Cannot hand over a port that holds ports in ${MAX_DEPTH} unread messages, one in the other`,
      "DataCloneError",
    );
  }
  // Nothing waits unread then.
  if (through === null) return;
  if (depth > deepest) deepest = depth;
  const line = lines.get(through);
  if (line === undefined) lines.set(through, { depth });
  else if (depth > line.depth) line.depth = depth;
}
