/** Frames of the WebSocket protocol (RFC 6455, 5.2), for packages that write them to a socket themselves. */
import { codedError } from "./coded_error.ts";

/** What a frame is. */
export const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** A frame as it was written, unmasked. */
export interface Frame {
  readonly isLast: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Most bytes of one message, as NANO's own sockets have it. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * One whole frame.
 *
 * @param isMasked whether it seems to come from a client; its mask is zero, which changes no byte
 */
export function encodeFrame(opcode: number, payload: Uint8Array, isMasked: boolean): Buffer {
  const { byteLength: size } = payload;
  const lengthBytes = size < 126 ? 0 : size < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + lengthBytes + (isMasked ? 4 : 0));
  head[0] = 0x80 | opcode;
  head[1] = (isMasked ? 0x80 : 0) | (lengthBytes === 0 ? size : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) head.writeUInt16BE(size, 2);
  else if (lengthBytes === 8) head.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([head, payload]);
}

/** Takes frames out of bytes that come in pieces. */
export class SocketFrameReader {
  #pieces: Buffer[] = [];
  #size = 0;

  /** @throws {Error} when a frame is too large to be kept */
  *push(bytes: Buffer): Generator<Frame> {
    this.#pieces.push(bytes);
    this.#size += bytes.byteLength;
    for (;;) {
      const frame = this.#next();
      if (frame === null) return;
      yield frame;
    }
  }

  #next(): Frame | null {
    if (this.#size < 2) return null;
    let head = this.#peek(14);
    const code = head[1]! & 0x7f;
    const isMasked = (head[1]! & 0x80) !== 0;
    const lengthBytes = code < 126 ? 0 : code === 126 ? 2 : 8;
    const headSize = 2 + lengthBytes + (isMasked ? 4 : 0);
    if (this.#size < headSize) return null;
    const size = lengthBytes === 0 ? code : lengthBytes === 2 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
    if (size > MAX_MESSAGE_BYTES) {
      throw codedError("ERR_MESSAGE_TOO_LARGE", `Cannot send a WebSocket message of ${size} bytes`);
    }
    if (this.#size < headSize + size) return null;
    const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    head = all.subarray(0, headSize);
    const payload = Buffer.from(all.subarray(headSize, headSize + size));
    if (isMasked) {
      const mask = head.subarray(headSize - 4);
      for (let at = 0; at < payload.length; at++) payload[at]! ^= mask[at & 3]!;
    }
    const rest = all.subarray(headSize + size);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    return { isLast: (head[0]! & 0x80) !== 0, opcode: head[0]! & 0x0f, payload };
  }

  /** Bytes with at least the first so many in one piece, if there are so many. */
  #peek(count: number): Buffer {
    // Joined once: what comes after a whole head waits in pieces until its frame is complete.
    if (this.#pieces[0]!.length < Math.min(count, this.#size)) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }
}
