/** What the kernel has received on the TCP connections of this machine, as `ss` of iproute2 tells it. */
import { runSystemProgram } from "./system_program.ts";

/** One line a connection, numbers only: `0 0 LOCAL PEER ... bytes_received:N ...`. */
const ARGS = ["-tniHO", "state", "established"];
const CONNECTION = /^\d+\s+\d+\s+\S+\s+(\S+)\s.*?\bbytes_received:(\d+)/gm;

/**
 * Bytes by the peer, as {@linkcode peerKey} writes it; of two connections with one peer the smaller count.
 * @returns null where `ss` is missing or fails
 */
export async function receivedBytes(
  run: typeof runSystemProgram = runSystemProgram,
): Promise<Map<string, number> | null> {
  let text: string;
  try {
    const { code, stdout } = await run("ss", ARGS);
    if (code !== 0) return null;
    text = stdout;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const received = new Map<string, number>();
  for (const [, peer, bytes] of text.matchAll(CONNECTION)) {
    const key = peer!.replace(/^\[(?:::ffff:(?=\d+\.))?/, "").replace("]", "").replace(/%[^:]*/, "");
    received.set(key, Math.min(Number(bytes), received.get(key) ?? Infinity));
  }
  return received;
}

/** A peer as the map has it. */
export function peerKey({ hostname, port }: { readonly hostname: string; readonly port: number }): string {
  return `${hostname.replace(/^::ffff:(?=\d+\.)/, "")}:${port}`;
}
