/** Leases and claims on NATS: one message a name, taken by compare-and-set, gone by its stream's age limit. */
import type { Reached } from "./nats_session.ts";
import { natsFailure } from "./nats_failures.ts";

/** What a lease says that was given back: it is free, though its message is there. */
const FREE = "";

interface Held {
  readonly holder: string;
  readonly sequence: number;
}

/**
 * Takes a subject for a holder.
 * @param renews whether who has it already starts its time anew
 * @returns whether the holder has it now
 */
export async function take(
  reached: Reached,
  { stream, subject, holder, renews }: {
    readonly stream: string;
    readonly subject: string;
    readonly holder: string;
    readonly renews: boolean;
  },
): Promise<boolean> {
  let held = await heldBy(reached, stream, subject);
  for (;;) {
    if (held && held.holder !== holder && held.holder !== FREE) return false;
    if (held?.holder === holder && !renews) return true;
    if (await put(reached, { subject, holder, expected: held?.sequence ?? 0 })) return true;
    // Somebody was quicker, or an earlier try of ours was, whose answer was lost, or it has ended meanwhile.
    const now = await heldBy(reached, stream, subject);
    if (now && now.holder !== FREE) return now.holder === holder;
    if (now?.sequence === held?.sequence) return false;
    held = now;
  }
}

/** Gives it back, when it is the holder's. */
export async function giveBack(
  reached: Reached,
  { stream, subject, holder }: { readonly stream: string; readonly subject: string; readonly holder: string },
): Promise<void> {
  const held = await heldBy(reached, stream, subject);
  if (held?.holder === holder) await put(reached, { subject, holder: FREE, expected: held.sequence });
}

/** Asked of the leader: other servers may not have heard of the newest. */
async function heldBy({ jsm }: Reached, stream: string, subject: string): Promise<Held | null> {
  const message = await jsm.streams.getMessage(stream, { last_by_subj: subject });
  return message && { holder: message.string(), sequence: message.seq };
}

async function put(
  { js }: Reached,
  { subject, holder, expected }: { readonly subject: string; readonly holder: string; readonly expected: number },
): Promise<boolean> {
  try {
    const { duplicate } = await js.publish(subject, holder, { expect: { lastSubjectSequence: expected } });
    return !duplicate;
  } catch (error) {
    if (natsFailure(error) === "conflict") return false;
    throw error;
  }
}
