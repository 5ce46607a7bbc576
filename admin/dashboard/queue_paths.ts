/** Where the pages of queues are. */

/** Of a queue. */
export function queuePath(queue: string): string {
  return `/data/queues/${encodeURIComponent(queue)}`;
}
