/** Calls of the host from a process of its own: over the connection, and by standard input and output where this thread waits. */
import { FrameReader } from "../../protocol/frame_reader.ts";
import { FrameWriter } from "../../protocol/frame_writer.ts";
import { partOf } from "../../protocol/chunks.ts";
import { bytesLength, isUint8Array, NativeUint8Array } from "../../protocol/primordials.ts";
import { MAX_HOST_FRAME_BYTES, WORD } from "../../protocol/process_cell.ts";
import type { HostLine } from "./host_calls.ts";

/** Of one read: an answer is 256 KiB at most. */
const READ_BYTES = 64 * 1024;

const readSync = Deno.stdin.readSync.bind(Deno.stdin);
const writeSync = Deno.stdout.writeSync.bind(Deno.stdout);

/**
 * Opens the line.
 *
 * @param send sends a frame over the connection
 * @param listen says who takes the answers that come over it
 * @boot
 */
export function pipedHostLine(
  send: (frame: unknown[]) => void,
  listen: (take: Parameters<HostLine["listen"]>[0]) => void,
): HostLine {
  const into = new NativeUint8Array(READ_BYTES);
  let answer: unknown[] | null = null;
  const reader = new FrameReader(MAX_HOST_FRAME_BYTES, (values) => answer = values);

  return {
    send: (call) => send([WORD.CALL, call]),
    listen,
    wait(_number, call) {
      const writer = new FrameWriter();
      writer.add(call);
      for (let piece = writer.take(); piece !== null; piece = writer.take()) {
        for (let at = 0; at < bytesLength(piece);) at += writeSync(partOf(piece, at, bytesLength(piece)));
      }
      answer = null;
      while (answer === null) {
        const size = readSync(into);
        // The host is gone, and so will this process be.
        if (size === null) return null;
        reader.push(partOf(into, 0, size));
      }
      const value = (answer as unknown[])[2];
      return isUint8Array(value) ? { kind: (answer as unknown[])[1] as number, bytes: value } : null;
    },
  };
}
