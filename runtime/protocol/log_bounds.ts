/** Bounds on what an app may write to the host's log, whichever way its lines come there. */
import { stringSlice } from "./primordials.ts";

/** Longest text of one line; the rest is cut and said so. */
export const MAX_LINE_CHARS = 16 * 1024;
/** Lines a second, so that no app fills the host's log. */
export const MAX_LINES_PER_SECOND = 10_000;
/** Characters a second, for the same reason: long lines at full rate would be 160 MB a second for the host to write. */
export const MAX_CHARS_PER_SECOND = 4 * 1024 * 1024;

/** The text of one line as the log has it. */
export function boundedLine(text: string): string {
  return text.length <= MAX_LINE_CHARS ? text : `${stringSlice(text, 0, MAX_LINE_CHARS)}… (${text.length} characters)`;
}
