/** How values are written for people: colours, sizes, times, and app texts without control characters. */

const CODES = { green: "32", red: "31", yellow: "33", dim: "2", bold: "1" } as const;

/** A colour or weight. */
export type Style = keyof typeof CODES;

/** The text in a style, when styles are wanted. */
export function paint(text: string, style: Style | null, on: boolean): string {
  return on && style !== null ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text;
}

/** The style of an app's state. */
export function stateStyle(state: string): Style | null {
  if (state === "running") return "green";
  if (state === "failed" || state === "quarantined" || state === "crash_loop") return "red";
  return state === "idle" || state === "stopped" ? "dim" : "yellow";
}

/** As `12.3 MiB`, in powers of 1024 as the limits of nano.json. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let at = 0;
  for (; value >= 1024 && at < units.length - 1; at++) value /= 1024;
  return `${at === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[at]}`;
}

/** As `3 d 4 h`, the two largest units. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first === -1) return "0 s";
  return parts.slice(first, first + 2).filter(([value]) => value > 0).map((part) => part.join(" ")).join(" ");
}

/** As `3.1 ms`, or `-` when nothing is known. */
export function latencyText(seconds: number | null): string {
  if (seconds === null) return "-";
  return seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
}

/** Local date and time of an ISO text, to the second. */
export function timeText(iso: string): string {
  const date = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

// An app's text must not move the cursor, clear the screen or set the terminal's title.
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;

/** A text of an app as a terminal may be given it. */
export function harmless(text: string): string {
  return text.replace(CONTROLS, (unit) => "\\x" + unit.charCodeAt(0).toString(16).padStart(2, "0"));
}
