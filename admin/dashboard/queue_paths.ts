/** Where the pages of queues are, and whether anybody needs one. */
import type { QueueView } from "../../runtime/mod.ts";

/** Of a queue. */
export function queuePath(queue: string): string {
  return `/data/queues/${encodeURIComponent(queue)}`;
}

/** Whether it has a use without an app that sends to it. */
export function isNeededQueue({ consumer, deadLettersOf }: Pick<QueueView, "consumer" | "deadLettersOf">): boolean {
  return consumer !== null || deadLettersOf.length > 0;
}
