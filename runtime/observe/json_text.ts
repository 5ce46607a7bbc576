/** Writes a string as a JSON string that stays on one line in every reader and harmless in every terminal. */

// Beside what JSON demands: U+0085, U+2028 and U+2029 (some readers split lines there), DEL and the C1 controls
// (0x9b starts a terminal sequence), and lone surrogates, which JSON.stringify turns into escapes itself.
// deno-lint-ignore no-control-regex
const NEEDS_ESCAPE = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/;
const LEFT_BY_JSON = /[\u007f-\u009f\u2028\u2029]/g;

function escapeUnit(unit: string): string {
  return "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0");
}

/** The string as JSON text, quotes included; the common harmless string costs one test and no copy. */
export function jsonText(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return '"' + text + '"';
  return JSON.stringify(text).replace(LEFT_BY_JSON, escapeUnit);
}

/** Any value as JSON text on one line. */
export function jsonValue(value: unknown): string {
  if (typeof value === "string") return jsonText(value);
  return (JSON.stringify(value) ?? "null").replace(LEFT_BY_JSON, escapeUnit);
}
