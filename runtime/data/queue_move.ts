/** Puts dead letters back into the queue that they came from. */
import type { Plain } from "../protocol/binding_call.ts";
import type { QueueFile } from "./queue_file.ts";
import { ALL_BYTES, type MoveOutcome, shown, type ShownMessage } from "./queue_store.ts";

/**
 * Moves messages from one file to another: each is a transaction of its own, so that a kill between them leaves them in
 * both. Nothing else may use the files meanwhile: else what is delivered and dies again between the two steps would find
 * itself in the dead letter queue already, and be removed from there as well as from its own queue.
 *
 * @param args the name of the other queue, the bytes that it may hold, the time, ids
 * @returns what became of each, in the order of the ids
 */
export function moveBack(
  from: QueueFile,
  to: QueueFile,
  [origin, maxBytes, time, ...given]: readonly Plain[],
): MoveOutcome[] {
  const ids = given as readonly string[];
  const now = time as number;
  const found = new Map(shown(from.run("queue.read", [ALL_BYTES, ...ids])).map((message) => [message.id, message]));
  const doubled = new Set(shown(to.run("queue.read", [0, ...ids])).map(({ id }) => id));
  const outcomes = ids.map((id): MoveOutcome => {
    const message = found.get(id);
    if (message === undefined) return "missing";
    if (message.origin !== origin) return "foreign";
    if (message.isLeased && message.visible > now) return "leased";
    return doubled.has(id) ? "doubled" : "moved";
  });
  const moved = [...new Set(ids.filter((_, at) => outcomes[at] === "moved"))];
  if (moved.length === 0) return outcomes;
  const sent = sendArgs(moved.map((id) => found.get(id)!), { maxBytes: maxBytes as number, now });
  to.transaction(() => to.run("queue.send", sent));
  from.transaction(() => from.run("queue.remove", [now, ...moved]));
  return outcomes;
}

function sendArgs(
  messages: readonly ShownMessage[],
  { maxBytes, now }: { readonly maxBytes: number; readonly now: number },
): Plain[] {
  const bodies = new Uint8Array(messages.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const { body } of messages) {
    bodies.set(body, at);
    at += body.byteLength;
  }
  return [maxBytes, bodies, ...messages.flatMap(({ id, sent, type, size }) => [id, sent, now, type, null, size])];
}
