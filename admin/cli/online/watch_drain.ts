/** Shows how a drain goes on while it is waited for. */
import { type AdminClient, AdminError } from "../../client/client.ts";
import type { DrainReport } from "../../schemas/app_schemas.ts";
import type { CliIo } from "../terminal/cli_io.ts";
import { pause } from "../../process/pause.ts";
import { ProgressLine } from "../terminal/progress.ts";

const LOOK_MS = 500;

/** What is drained, and where it is shown. */
export interface WatchedDrain {
  readonly client: AdminClient;
  readonly io: CliIo;
  readonly app: string;
  readonly quiet: boolean;
}

/** Waits for a drain that was asked for. @returns what came of it */
export async function watchDrain(drain: Promise<DrainReport>, { client, io, app, quiet }: WatchedDrain) {
  const done = new AbortController();
  using progress = new ProgressLine(io, { quiet });
  const looking = look();
  try {
    return await drain;
  } finally {
    done.abort();
    await looking;
  }

  async function look(): Promise<void> {
    // A drain of an idle app is over before anybody could read of it.
    await pause(LOOK_MS, done.signal);
    if (!done.signal.aborted) progress.step(`Draining app "${app}" …`);
    while (!done.signal.aborted) {
      try {
        const { in_flight, queued } = await client.app(app);
        progress.update(`Draining app "${app}": ${in_flight + queued} requests are in flight`);
      } catch (error) {
        // It is gone, or NANO is busy; the answer to the drain itself tells.
        if (!(error instanceof AdminError)) throw error;
      }
      await pause(LOOK_MS, done.signal);
    }
  }
}

/** As `3 requests finished, 1 had to be cut`. */
export function drainText({ drained_requests, forced_closed }: DrainReport): string {
  const finished = `${drained_requests} ${drained_requests === 1 ? "request" : "requests"} finished`;
  return forced_closed === 0 ? finished : `${finished}, ${forced_closed} had to be cut`;
}
