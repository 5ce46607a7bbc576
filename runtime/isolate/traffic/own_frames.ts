/** Takes the frames of NANO's, Deno's and Node's own code out of stack texts: they mean nothing to an app's author. */
import { regExpExec, stringIndexOf, stringSlice } from "../../protocol/primordials.ts";

/** Where this code comes from, as a stack names it: a data: URL, of which a stack holds the ends only, or a module. @boot */
function ownLocation(): string {
  const location = /^\s+at (?:.*\()?(.+?):\d+:\d+\)?$/m.exec(new Error().stack ?? "")?.[1] ?? "";
  return location.startsWith("data:") ? "data:text/javascript," : location;
}

const SOURCES = ["data:text/javascript,", "ext:", "node:", ownLocation()].filter((source) => source !== "");
const ESCAPED = SOURCES.map((source) => source.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")).join("|");
/** A line of a stack; what follows its position, a closing bracket of a shown object, is not part of it. */
const OWN_FRAME = new RegExp(`(?:\\n|^)[ \\t]+at (?:[^\\n]* \\(|async )?(?:${ESCAPED})[^\\n]*?:\\d+:\\d+\\)?`, "g");

/** The same text without such frames. */
export function withoutOwnFrames(text: string): string {
  // Most lines of a log hold no stack.
  if (stringIndexOf(text, " at ") < 0) return text;
  // Not `replace`, which asks the pattern's prototype.
  let shown = "";
  let from = 0;
  OWN_FRAME.lastIndex = 0;
  for (let found = regExpExec(OWN_FRAME, text); found !== null; found = regExpExec(OWN_FRAME, text)) {
    shown += stringSlice(text, from, found.index);
    from = OWN_FRAME.lastIndex;
  }
  return from === 0 ? text : shown + stringSlice(text, from);
}
