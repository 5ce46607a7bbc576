/** A bounded load loop: keeps a number of requests in flight and counts what came of them. */

/** What a load loop saw. */
export interface LoadResult {
  /** Requests that were sent and have ended. */
  readonly total: number;
  /** How many answers had which status. */
  readonly byStatus: Readonly<Record<number, number>>;
  /** Messages of the requests without a whole answer, at most 20 of them. */
  readonly failures: readonly string[];
  /** How many requests got no whole answer. */
  readonly failed: number;
}

/** How {@linkcode sendRequests} loads. */
export interface LoadOptions {
  /** Requests in flight at once. */
  readonly concurrency: number;
  /** Stops after so many requests; without it only the signal stops. */
  readonly total?: number;
  /** Stops sending; requests in flight are still awaited and counted. */
  readonly signal?: AbortSignal;
  /** Longest wait for one answer, 120 s by default. */
  readonly timeoutMs?: number;
  /** Sends request number `index`; `fetch` of the URL by default. */
  readonly send?: (index: number, signal: AbortSignal) => Promise<Response>;
  /** Looks at each answer, with its body read; what it throws counts as a failure. */
  readonly check?: (response: Response, body: string, index: number) => void;
}

const KEPT_FAILURES = 20;

/**
 * Sends requests until the total is reached or the signal aborts.
 * @throws Error when neither a total nor a signal bounds the loop
 */
export async function sendRequests(url: string, options: LoadOptions): Promise<LoadResult> {
  const { concurrency, signal, check } = options;
  const total = options.total ?? Infinity;
  if (total === Infinity && !signal) throw new Error("Cannot load without an end: give a total or a signal");
  const send = options.send ?? ((_index, signal) => fetch(url, { signal }));
  const byStatus: Record<number, number> = {};
  const failures: string[] = [];
  let started = 0;
  let ended = 0;
  let failed = 0;

  async function one(index: number): Promise<void> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(new Error("no whole answer in time")), options.timeoutMs ?? 120_000);
    try {
      const response = await send(index, deadline.signal);
      const body = await response.text();
      byStatus[response.status] = (byStatus[response.status] ?? 0) + 1;
      check?.(response, body, index);
    } catch (error) {
      failed++;
      if (failures.length < KEPT_FAILURES) failures.push(`request ${index}: ${error}`);
    } finally {
      clearTimeout(timer);
      ended++;
    }
  }

  async function lane(): Promise<void> {
    while (started < total && !signal?.aborted) await one(started++);
  }

  await Promise.all(Array.from({ length: concurrency }, lane));
  return { total: ended, byStatus, failures, failed };
}
