/** What a fleet keeps for apps, as tests over real NATS servers open it. */
import { FleetData } from "../../runtime/fleet/data/fleet_data.ts";
import { ENGINE_TIMES, natsEngine } from "../../runtime/fleet/engine_config.ts";
import type { NatsServers } from "./nats_servers.ts";

/** Bounds a hang only: a busy disk takes long to sync what servers acknowledge. */
const CALL_MS = 120_000;
const ANSWERED_MS = 90_000;

/** One node's. */
export function dataOf(
  servers: NatsServers,
  { callMs = CALL_MS, foreign = () => null, onSent = () => {} }: {
    readonly callMs?: number;
    readonly foreign?: () => string | null;
    readonly onSent?: (queue: string | null) => void;
  } = {},
): FleetData {
  const times = { ...ENGINE_TIMES, callMs };
  const engine = natsEngine({ servers: servers.addresses, name: "test", allowsOldServer: true, times });
  return new FleetData({ engine, foreign, kinds: new Set(["kv", "r2", "queue"]), onSent });
}

/** Asks until there is an answer. */
export async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  const from = performance.now();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() - from > ANSWERED_MS) throw error;
    }
  }
}
