/** Values of limits in words. */
import type { Limit } from "../../runtime/mod.ts";

const MIB = 1024 * 1024;
/** Bounds from here on are those of timers and numbers, and nobody meets them. */
const MOST_TOLD = 2_147_483_647;

/** A value with its unit, in the largest one that reads well: `128 MiB`, `30 s`, `never`. */
export function limitText({ unit, zero }: Limit, value: number): string {
  if (value === 0 && zero !== undefined) return zero;
  switch (unit) {
    case "milliseconds":
      return value < 1000 ? `${value} ms` : `${value / 1000} s`;
    case "bytes":
      return value < MIB / 10 ? `${plain(value)} bytes` : `${Math.round(value / MIB * 10) / 10} MiB`;
    case "MiB":
      return `${plain(value)} MiB`;
    case "requests":
    case "isolates":
      return plain(value);
  }
}

/** What is taken, as it is typed: `16 to 65,536`, `50 or more`. */
export function rangeText({ min, max }: Limit): string {
  return max < MOST_TOLD ? `${plain(min)} to ${plain(max)}` : `${plain(min)} or more`;
}

function plain(value: number): string {
  return value.toLocaleString("en-US");
}
