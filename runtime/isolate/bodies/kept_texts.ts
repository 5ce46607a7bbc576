/** Trimming and replacing in texts without patterns: those run what an app may have put on RegExp.prototype. */
import { stringSlice } from "../../protocol/primordials.ts";

/** Blanks of MIME types: https://mimesniff.spec.whatwg.org/#parsing-a-mime-type */
export const HTTP_BLANKS = "\t\n\r ";

/** A text without the characters of `blanks` at its end, and at its start unless that is kept. */
export function trimBlanks(text: string, blanks: string, { keepStart = false } = {}): string {
  let from = 0;
  let to = text.length;
  while (to > from && isOneOf(text[to - 1]!, blanks)) to--;
  while (!keepStart && from < to && isOneOf(text[from]!, blanks)) from++;
  return stringSlice(text, from, to);
}

/** A text with each of these characters behind a backslash. */
export function escapeEach(text: string, characters: string): string {
  let escaped = "";
  for (let at = 0; at < text.length; at++) escaped += isOneOf(text[at]!, characters) ? `\\${text[at]}` : text[at];
  return escaped;
}

/** A text whose line breaks, CR LF, CR or LF, are all `lineEnd`. */
export function withLineEnds(text: string, lineEnd: "\n" | "\r\n"): string {
  let ended = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "\r" && text[at] !== "\n") continue;
    ended += stringSlice(text, from, at) + lineEnd;
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    from = at + 1;
  }
  return from === 0 ? text : ended + stringSlice(text, from);
}

function isOneOf(character: string, characters: string): boolean {
  for (let at = 0; at < characters.length; at++) if (characters[at] === character) return true;
  return false;
}
