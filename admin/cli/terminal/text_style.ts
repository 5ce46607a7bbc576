/** How values are written for people: colours, times, and app texts without control characters. */

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
