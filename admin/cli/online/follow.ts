/** Follows a stream of a running NANO until Ctrl+C, and waits for NANO when it restarts. */
import { AdminError } from "../../client/client.ts";
import { CliError } from "../../process/cli_error.ts";
import { connectOnline, type Online } from "./online_command.ts";
import { pause } from "../../process/pause.ts";

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 5_000;
/** Longer than a restart with a drain of the default 30 s takes; who waits longer may call again. */
const PATIENCE_MS = 120_000;

/** How {@linkcode follow} waits. */
export interface FollowPatience {
  readonly patienceMs?: number;
}

/** What a follower is told. */
export interface Following {
  readonly signal: AbortSignal;
  /** Whether it followed before. */
  readonly again: boolean;
}

/**
 * Runs a follower again and again.
 * @param run reads one stream to its end; `again` is true from the second time on
 * @returns 0 after Ctrl+C
 * @throws {CliError} INTERNAL when NANO stays away
 */
export async function follow(
  online: Online,
  run: (online: Online, how: Following) => Promise<void>,
  { patienceMs = PATIENCE_MS }: FollowPatience = {},
): Promise<number> {
  const { line, io } = online;
  const stop = new AbortController();
  using _interrupt = io.onInterrupt(() => stop.abort());
  const { signal } = stop;
  // Told before the first stream: what is wrong from the start is no restart.
  await online.client.health();
  let present: Online | null = online;
  let again = false;
  let lostAt: number | null = null;
  let delayMs = FIRST_DELAY_MS;
  while (!signal.aborted) {
    try {
      present ??= await connectOnline(line, io);
      if (again && (await present.client.health()).status === "draining") {
        throw new CliError("INTERNAL", "NANO is going away");
      }
      if (lostAt !== null) io.err("nano: NANO is back");
      lostAt = null;
      delayMs = FIRST_DELAY_MS;
      await run(present, { signal, again });
    } catch (error) {
      if (signal.aborted) break;
      // A wrong token or a missing app stays wrong.
      const isAway = error instanceof AdminError
        ? error.code === "UNREACHABLE"
        : error instanceof CliError && error.code === "INTERNAL";
      if (!isAway) throw error;
    }
    if (signal.aborted) break;
    if (lostAt === null) io.err("nano: NANO went away; waiting for it (Ctrl+C ends this)");
    lostAt ??= performance.now();
    if (performance.now() - lostAt > patienceMs) {
      throw new CliError("INTERNAL", `NANO did not come back within ${Math.round(patienceMs / 1000)} s`);
    }
    await pause(delayMs, signal);
    delayMs = Math.min(MAX_DELAY_MS, delayMs * 2);
    // Its port may be another one now.
    present = null;
    again = true;
  }
  return 0;
}
