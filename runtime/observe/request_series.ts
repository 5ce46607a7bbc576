/** Counts the requests of one app: by method, status and end, and by duration. */

import { isFailure, REQUEST_ENDS, type RequestEnd } from "../terms/request_end.ts";

/** Upper bounds of the duration buckets, in seconds; a bucket for everything above follows. */
export const DURATION_BUCKETS_SECONDS: readonly number[] = [
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
];

/** Methods that are labels; a client can make up others, and every label value is a series that stays. */
const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
  "RPC",
  "OTHER",
] as const;
const METHOD_INDEX = new Map<string, number>(METHODS.map((method, index) => [method, index]));
const OTHER_INDEX = METHODS.length - 1;

const END_INDEX = Object.fromEntries(REQUEST_ENDS.map((end, index) => [end, index])) as Record<RequestEnd, number>;
/** Above every status. */
const STATUSES = 1000;

/** How many requests had one method, status and end. */
export interface RequestCount {
  readonly method: string;
  readonly status: number;
  readonly end: RequestEnd;
  readonly count: number;
}

/** A finished request; the event fits. */
export interface ObservedRequest {
  readonly method: string;
  readonly status: number;
  readonly end: RequestEnd;
  readonly durationMs: number;
}

/** Plain numbers: observing costs a map lookup and a short loop, no label is hashed. */
export class RequestSeries {
  readonly #counts = new Map<number, number>();
  readonly #buckets = new Float64Array(DURATION_BUCKETS_SECONDS.length + 1);
  #sumSeconds = 0;
  #errors = 0;

  /** Takes one finished request. */
  observe({ method, status, end, durationMs }: ObservedRequest): void {
    const key = ((METHOD_INDEX.get(method) ?? OTHER_INDEX) * REQUEST_ENDS.length + END_INDEX[end]) * STATUSES + status;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (isFailure(status, end)) this.#errors++;
    const seconds = durationMs / 1000;
    this.#sumSeconds += seconds;
    let index = 0;
    while (index < DURATION_BUCKETS_SECONDS.length && seconds > DURATION_BUCKETS_SECONDS[index]!) index++;
    this.#buckets[index]!++;
  }

  /** Requests so far. */
  get count(): number {
    return this.#buckets.reduce((sum, inBucket) => sum + inBucket, 0);
  }

  /** Answers with a status of 500 or more, and those that the app or its isolate cut. */
  get errors(): number {
    return this.#errors;
  }

  /** Requests by bucket of {@linkcode DURATION_BUCKETS_SECONDS}, not cumulative; changes as requests come. */
  get buckets(): Readonly<Float64Array> {
    return this.#buckets;
  }

  /** Counts by method, status and end. */
  counts(): readonly RequestCount[] {
    return [...this.#counts].map(([key, count]) => {
      const methodAndEnd = Math.floor(key / STATUSES);
      return {
        method: METHODS[Math.floor(methodAndEnd / REQUEST_ENDS.length)]!,
        status: key % STATUSES,
        end: REQUEST_ENDS[methodAndEnd % REQUEST_ENDS.length]!,
        count,
      };
    });
  }

  /** Sums of {@linkcode counts} by one thing they have. */
  countsBy<Key>(keyOf: (count: RequestCount) => Key): Map<Key, number> {
    const sums = new Map<Key, number>();
    for (const one of this.counts()) sums.set(keyOf(one), (sums.get(keyOf(one)) ?? 0) + one.count);
    return sums;
  }

  /** Cumulative counts at each bound of {@linkcode DURATION_BUCKETS_SECONDS}, and of all. */
  durations(): { readonly cumulative: readonly number[]; readonly count: number; readonly sumSeconds: number } {
    let count = 0;
    const cumulative = Array.from(this.#buckets, (inBucket) => count += inBucket);
    return { cumulative, count, sumSeconds: this.#sumSeconds };
  }

  /** {@linkcode quantileSeconds} of all requests so far. */
  quantileSeconds(share: number): number | null {
    return quantileSeconds(this.#buckets, share);
  }
}

/**
 * The duration below which the given share of the requests stayed, in seconds, interpolated inside its bucket.
 * Above the last bound it is that bound, as PromQL's `histogram_quantile` has it.
 *
 * @param buckets requests by bucket, not cumulative
 * @param share between 0 and 1
 * @returns null without a request
 */
export function quantileSeconds(buckets: Readonly<Float64Array>, share: number): number | null {
  let count = 0;
  for (const inBucket of buckets) count += inBucket;
  if (count === 0) return null;
  const rank = share * count;
  let before = 0;
  let index = 0;
  while (index < buckets.length - 1 && before + buckets[index]! < rank) before += buckets[index++]!;
  const upper = DURATION_BUCKETS_SECONDS[index];
  if (upper === undefined) return DURATION_BUCKETS_SECONDS.at(-1)!;
  const lower = index === 0 ? 0 : DURATION_BUCKETS_SECONDS[index - 1]!;
  const inBucket = buckets[index]!;
  return inBucket === 0 ? upper : lower + (upper - lower) * ((rank - before) / inBucket);
}
