/** Writes figures of the API for people: command line, server and browser alike, so that a live value never jumps. */

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Three digits and a unit, as `12.4 MiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : shortNumber(value)} ${BYTE_UNITS[unit]}`;
}

/** At most three digits: `0`, `0.4`, `12`, `1.2k`. */
export function countText(value: number): string {
  if (value >= 999_950) return `${shortNumber(value / 1e6)}M`;
  if (value >= 1000) return `${shortNumber(value / 1000)}k`;
  return shortNumber(value);
}

/** A duration as `0.4 ms`, `12 ms`, `1.2 s`; a dash when nothing is known. */
export function latencyText(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  return seconds < 0.9995 ? `${shortNumber(seconds * 1000)} ms` : `${shortNumber(seconds)} s`;
}

/** Share of one core: `0 %`, `3.4 %`, `120 %`. */
export function cpuText(share: number): string {
  return `${shortNumber(share * 100)} %`;
}

/** How long something has lasted, in its two largest units: `3 d 4 h`, `12 min`, `8 s`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** Time of day in UTC, to the millisecond. */
export function clockText(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}

function shortNumber(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.05) return "<0.1";
  return size < 9.95 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}
