// Counts in the background, by the clock; the answer tells how often.

interface ScheduledEvent {
  readonly cron: string;
  /** ms since the epoch. */
  readonly scheduledTime: number;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

let runs = 0;

export default {
  fetch(): Response {
    return Response.json({ runs });
  },

  scheduled(event: ScheduledEvent, _env: unknown, ctx: Context): void {
    console.log(
      `${event.cron} was due at ${new Date(event.scheduledTime).toISOString()}`,
    );
    ctx.waitUntil(tidy());
  },
};

/** The run ends when this has ended. */
async function tidy(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 10));
  runs++;
}
