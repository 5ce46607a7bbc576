/** Changes of a fleet as NATS has them: the newest message of each subject, in order. */
import type { FleetRecord } from "./fleet_store.ts";
import { natsMessages } from "./nats_messages.ts";
import type { NatsNames } from "./nats_names.ts";
import type { Reached } from "./nats_session.ts";
import { decodeRecord } from "./record_text.ts";

/** What natsChanges() reads. */
export interface ChangesWanted {
  readonly names: NatsNames;
  readonly after: number;
  /** The head when it was asked for. */
  readonly until: number;
}

/** @throws {Error} when they break off */
export async function* natsChanges(reached: Reached, wanted: ChangesWanted): AsyncGenerator<FleetRecord, void> {
  const { names: { streams, prefixes }, after, until } = wanted;
  const all = { stream: streams.state, filter: `${prefixes.state}>`, after, until };
  for await (const { seq, data } of natsMessages(reached, all)) yield decodeRecord(data, seq);
}
