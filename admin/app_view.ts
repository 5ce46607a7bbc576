/** Shows one app to the operator: its snapshot together with its limits, keys as in nano.json. */
import type { AppConfig, AppSnapshot } from "../runtime/mod.ts";
import { snakeCase } from "./snake_case.ts";

function limitsOf(config: AppConfig) {
  const { memoryMb, externalMb, cpuMs, timeoutMs, maxConcurrent, maxQueue, maxBodyBytes } = config;
  const { idleTimeoutMs, drainTimeoutMs } = config;
  return {
    memoryMb,
    externalMb,
    cpuMs,
    timeoutMs,
    maxConcurrent,
    maxQueue,
    maxBodyBytes,
    idleTimeoutMs,
    drainTimeoutMs,
  };
}

/**
 * The JSON of one app.
 *
 * @param config its configuration, or undefined for an app that is being removed
 * @param now ms since the epoch
 */
export function appView(app: AppSnapshot, config: AppConfig | undefined, now: number): unknown {
  const { since, lastExit, ...rest } = app;
  return snakeCase({
    ...rest,
    since: new Date(since).toISOString(),
    uptimeSeconds: app.state === "running" ? Math.max(0, now - since) / 1000 : 0,
    restartsTotal: Object.values(app.restarts).reduce((sum, count) => sum + count, 0),
    lastExit: lastExit && { ...lastExit, at: new Date(lastExit.at).toISOString() },
    limits: config === undefined ? null : limitsOf(config),
  });
}
