/** Keeps innocent apps busy while something else happens, and knows whether any of their requests was lost. */
import type { NanoProcess } from "../../support/nano_process.ts";
import { type LoadResult, sendRequests } from "../../support/requests.ts";
import { pause, until } from "./until.ts";

/** How {@linkcode steadyLoad} loads. */
export interface SteadyOptions {
  /** Requests in flight at once; as many as there are hosts by default. */
  readonly concurrency?: number;
  /** Pause of each lane between two requests: the test and NANO share few cores. */
  readonly everyMs?: number;
  /** Path to ask for. */
  readonly path?: string;
  /** Looks at each whole answer; status 200 is checked already. */
  readonly check?: (body: string, host: string, response: Response) => void;
}

/** What came of the load. */
export interface SteadyResult extends LoadResult {
  readonly slowestMs: number;
}

/** A running load; disposing stops it. */
export interface SteadyLoad extends AsyncDisposable {
  /** Waits until so many requests were answered. */
  reached(count: number): Promise<void>;
  /** Stops and tells what came of it. */
  stop(): Promise<SteadyResult>;
}

/** Asks the hosts in turn until it is stopped; any answer but a whole 200 is a failure. */
export function steadyLoad(
  nano: Pick<NanoProcess, "url" | "fetch">,
  hosts: readonly string[],
  options: SteadyOptions = {},
): SteadyLoad {
  const stopping = new AbortController();
  let slowestMs = 0;
  let answered = 0;
  const running = sendRequests(nano.url, {
    concurrency: options.concurrency ?? hosts.length,
    signal: stopping.signal,
    send: async (index, signal) => {
      await pause(options.everyMs ?? 10);
      const start = performance.now();
      const response = await nano.fetch(hosts[index % hosts.length]!, options.path ?? "/", { signal });
      slowestMs = Math.max(slowestMs, performance.now() - start);
      answered++;
      return response;
    },
    check: (response, body, index) => {
      const host = hosts[index % hosts.length];
      if (response.status !== 200) throw new Error(`${host} answered ${response.status}: ${body.slice(0, 300)}`);
      options.check?.(body, hosts[index % hosts.length]!, response);
    },
  });
  const stop = async () => {
    stopping.abort();
    return { ...await running, slowestMs };
  };
  return {
    stop,
    async reached(count) {
      await until(() => answered >= count, `${count} requests of the load are answered`);
    },
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/**
 * Stops a load that must have lost nothing.
 * @param atLeast so many requests are waited for: how many a machine sends in a time says nothing
 */
export async function assertNothingLost(load: SteadyLoad, atLeast = 1): Promise<SteadyResult> {
  await load.reached(atLeast);
  const result = await load.stop();
  if (result.failed > 0) {
    throw new Error(`${result.failed} of ${result.total} requests failed:\n${result.failures.slice(0, 5).join("\n")}`);
  }
  if (result.total < atLeast) throw new Error(`Only ${result.total} requests were sent, expected ${atLeast} or more`);
  return result;
}
