/** Changes of a fleet as NATS has them: the newest message of each subject, in order. */
import { DeliverPolicy } from "@nats-io/jetstream";
import type { FleetRecord } from "./fleet_store.ts";
import type { NatsNames } from "./nats_names.ts";
import type { Reached } from "./nats_session.ts";
import { decodeRecord } from "./record_text.ts";

/** Fewer are asked for one by one, from the leader: a consumer takes longer to make than these to come. */
const FEW = 128;
/** Messages that a consumer has on the way. */
const AHEAD = 256;
/** Without a message; what was read until then is whole. */
const SILENCE_MS = 15_000;

/** What natsChanges() reads. */
export interface ChangesWanted {
  readonly names: NatsNames;
  readonly after: number;
  /** The head when it was asked for. */
  readonly until: number;
}

/** @throws {Error} when they break off */
export async function* natsChanges(reached: Reached, wanted: ChangesWanted): AsyncGenerator<FleetRecord, void> {
  const { names, after, until } = wanted;
  for (let at = after;;) {
    for (let n = 0; n < FEW; n++) {
      if (at >= until) return;
      const query = { seq: at + 1, next_by_subj: `${names.prefixes.state}>` };
      const message = await reached.jsm.streams.getMessage(names.streams.state, query);
      if (message === null) return;
      at = message.seq;
      yield decodeRecord(message.data, at);
    }
    // Its server may be behind: what is missing then is asked of the leader.
    at = yield* consumed(reached, { ...wanted, after: at });
  }
}

/** By a consumer of the server, which is removed at once: they are counted. @returns how far it got */
async function* consumed({ js, jsm }: Reached, wanted: ChangesWanted): AsyncGenerator<FleetRecord, number> {
  const { names: { streams: { state }, prefixes }, after, until } = wanted;
  const query = { seq: after + 1, next_by_subj: `${prefixes.state}>` };
  if (after >= until || await jsm.streams.getMessage(state, query) === null) return after;
  const consumer = await js.consumers.get(state, {
    filter_subjects: `${prefixes.state}>`,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
  });
  const messages = await consumer.consume({ max_messages: AHEAD });
  let isSilent = false;
  let timer = setTimeout(giveUp, SILENCE_MS);
  function giveUp(): void {
    isSilent = true;
    messages.stop();
  }
  try {
    for await (const message of messages) {
      clearTimeout(timer);
      yield decodeRecord(message.data, message.seq);
      if (message.seq >= until || message.info.pending === 0) return message.seq;
      timer = setTimeout(giveUp, SILENCE_MS);
    }
  } finally {
    clearTimeout(timer);
    await messages.close();
    await consumer.delete().catch(() => false);
  }
  throw new Error(isSilent ? `no change came within ${SILENCE_MS} ms` : "the consumer ended");
}
