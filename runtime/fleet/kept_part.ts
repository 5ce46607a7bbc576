/** Parts of what is too long for one message, which never change. */
import type { Reached } from "./nats_session.ts";

/** A quarter of what servers take in one message by default. */
export const PART_BYTES = 262_144;
/** Parts under way at once; a single one leaves the wire idle while a server syncs its disk. */
export const PARTS_AT_ONCE = 4;

/** From any server that has it, or else from the leader, who has all. @returns null when it is gone */
export async function keptPart({ jsm }: Reached, stream: string, subject: string): Promise<Uint8Array | null> {
  const query = { last_by_subj: subject };
  const message = await jsm.direct.getMessage(stream, query) ?? await jsm.streams.getMessage(stream, query);
  return message?.data ?? null;
}
