/** Moves of a terminal's cursor, as the texts that ask a terminal for them. */
import type { OutputStream } from "./interface.ts";

type Done = (error?: Error | null) => void;

/** Texts of the moves. */
export const MOVES = {
  clearLine: (direction: number): string => direction < 0 ? "\x1b[1K" : direction > 0 ? "\x1b[0K" : "\x1b[2K",
  clearScreenDown: (): string => "\x1b[0J",
  cursorTo: (x: number, y?: number): string => typeof y === "number" ? `\x1b[${y + 1};${x + 1}H` : `\x1b[${x + 1}G`,
  moveCursor: (dx: number, dy: number): string =>
    (dx < 0 ? `\x1b[${-dx}D` : dx > 0 ? `\x1b[${dx}C` : "") + (dy < 0 ? `\x1b[${-dy}A` : dy > 0 ? `\x1b[${dy}B` : ""),
};

function put(stream: OutputStream | null | undefined, text: string, done?: Done): boolean {
  if (stream !== null && stream !== undefined && text !== "") return stream.write(text, done) as boolean;
  if (typeof done === "function") process.nextTick(done, null);
  return true;
}

export function clearLine(stream: OutputStream | null, direction: number, done?: Done): boolean {
  return put(stream, MOVES.clearLine(direction), done);
}

export function clearScreenDown(stream: OutputStream | null, done?: Done): boolean {
  return put(stream, MOVES.clearScreenDown(), done);
}

export function cursorTo(stream: OutputStream | null, x: number, y?: number | Done, done?: Done): boolean {
  return typeof y === "function" ? put(stream, MOVES.cursorTo(x), y) : put(stream, MOVES.cursorTo(x, y), done);
}

export function moveCursor(stream: OutputStream | null, dx: number, dy: number, done?: Done): boolean {
  return put(stream, MOVES.moveCursor(dx, dy), done);
}
