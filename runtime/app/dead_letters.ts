/** Messages that have failed too often: they go to the dead letter queue, or are deleted. */
import type { Clock } from "../clock.ts";
import type { AppConfig, ConsumerConfig } from "../config/resolved_config.ts";
import type { QueueHub } from "../data/queue_hub.ts";
import type { Decision, QueueStore, TakenMessage } from "../data/queue_store.ts";
import { messageOf } from "../errors.ts";
import type { NanoEvent } from "../terms/events.ts";

/** Until it is tried again when a dead letter queue took nothing. */
const AGAIN_MS = 60_000;

/** A message that is not delivered again. */
export type Dead = Pick<TakenMessage, "seq" | "id">;

/** What it takes to bury them. */
export interface BurialTools {
  readonly app: Pick<AppConfig, "name" | "storageMb">;
  readonly config: ConsumerConfig;
  /** The queue in which they died. */
  readonly store: QueueStore;
  readonly owner: string;
  readonly hub: QueueHub;
  readonly clock: Clock;
  readonly emit: (event: NanoEvent) => void;
}

/** Moves messages: they are in both queues for a moment rather than in none, and once in the other for their id. */
export async function buryDead(dead: readonly Dead[], tools: BurialTools): Promise<void> {
  const { app, config, store, owner, hub, clock, emit } = tools;
  const settle = (outcome: Decision["outcome"], visible: number) =>
    store.settle(owner, dead.map(({ seq }) => ({ seq, outcome, visible })));
  const { deadLetterStore, queue } = config;
  const now = clock.wall();
  if (deadLetterStore !== null) {
    try {
      const messages = await store.read(dead.map(({ id }) => id));
      const sent = messages.map(({ id, sent, type, body }) => ({
        ...{ id, sent, type, body, visible: now, origin: config.store },
      }));
      await hub.store(deadLetterStore).send(sent, app.storageMb * 1024 * 1024);
    } catch (error) {
      const text = `Cannot keep dead letters of queue "${queue}" of app "${app.name}": ${messageOf(error)}`;
      emit({ event: "warning", text });
      // Never lost: it has failed too often already, so that it comes straight here again.
      return await settle("retry", now + AGAIN_MS);
    }
  }
  await settle("ack", now);
  emit({
    event: "queue_dead_letter",
    app: app.name,
    queue,
    deadLetterQueue: deadLetterStore,
    messages: dead.length,
    ids: dead.map(({ id }) => id),
  });
}
