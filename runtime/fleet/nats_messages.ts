/** Messages of a stream on NATS servers, in order: few are asked for one by one, many come by a consumer. */
import { DeliverPolicy } from "@nats-io/jetstream";
import type { MsgHdrs } from "@nats-io/nats-core";
import type { Reached } from "./nats_session.ts";

/** Fewer are asked for one by one, from the leader: a consumer takes longer to make than these to come. */
const FEW = 128;
/** Messages that a consumer has on the way. */
const AHEAD = 256;
/** Without a message; what was read until then is whole. */
const SILENCE_MS = 15_000;

/** What is read. */
export interface MessagesWanted {
  readonly stream: string;
  /** Of their subjects, with `*` and `>`. */
  readonly filter: string;
  /** Place of the last one that is known. */
  readonly after: number;
  /** Of the stream's newest when it was asked for. */
  readonly until: number;
  /** Whether many come without their bytes. */
  readonly headersOnly?: boolean;
}

/** A message as its stream has it. */
export interface StreamMessage {
  readonly seq: number;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
}

/** @throws {Error} when they break off */
export async function* natsMessages(reached: Reached, wanted: MessagesWanted): AsyncGenerator<StreamMessage, void> {
  const { stream, filter, after, until } = wanted;
  for (let at = after;;) {
    for (let n = 0; n < FEW; n++) {
      if (at >= until) return;
      const query = { seq: at + 1, next_by_subj: filter };
      const message = await reached.jsm.streams.getMessage(stream, query);
      if (message === null) return;
      at = message.seq;
      yield { seq: at, data: message.data, headers: message.header };
    }
    // Its server may be behind: what is missing then is asked of the leader.
    at = yield* consumed(reached, { ...wanted, after: at });
  }
}

/** By a consumer of the server, which is removed at once: they are counted. @returns how far it got */
async function* consumed({ js, jsm }: Reached, wanted: MessagesWanted): AsyncGenerator<StreamMessage, number> {
  const { stream, filter, after, until, headersOnly = false } = wanted;
  const query = { seq: after + 1, next_by_subj: filter };
  if (after >= until || await jsm.streams.getMessage(stream, query) === null) return after;
  const consumer = await js.consumers.get(stream, {
    filter_subjects: filter,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    headers_only: headersOnly,
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
      yield { seq: message.seq, data: message.data, headers: message.headers };
      if (message.seq >= until || message.info.pending === 0) return message.seq;
      timer = setTimeout(giveUp, SILENCE_MS);
    }
  } finally {
    clearTimeout(timer);
    await messages.close();
    await consumer.delete().catch(() => false);
  }
  throw new Error(isSilent ? `no message came within ${SILENCE_MS} ms` : "the consumer ended");
}
