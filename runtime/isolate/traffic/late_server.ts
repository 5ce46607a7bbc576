/** Whether an app without a handler may get one yet: a server of `node:http` that listens after work of its own. */
import { getMember, global, matches, stringIndexOf, stringSlice } from "../../protocol/primordials.ts";

/** As the app's `node:http` names itself; named in runtime/node/http/listening.ts. */
export const NODE_SERVER = "nano.node_http";
/** Under it stands whether a server was made; set in runtime/node/http/node_server.ts. */
const MADE = Symbol.for(NODE_SERVER);
/** How an app has a server listen, by itself or by a function of its framework: `startStandaloneServer(server)`. */
const STARTS = /\b(?:listen|createServer)\b|\b(?:serve|run|launch|boot|\w*[sS]tart\w*|\w*[bB]ootstrap\w*)\)?\s*\(/;
/** esbuild writes the path of each file before what it made of it. */
const PATH_LINE = "\n// ";
const MAP_LINE = "\n//# sourceMappingURL=";

/** @param bundle what esbuild wrote: of the packages in it, most never listen though they speak of it */
export function mayListenLate(bundle: string): boolean {
  return getMember(global, MADE) === true || startsServer(bundle);
}

/** Whether the app's own files, those of no package, say that a server is to listen. */
export function startsServer(bundle: string): boolean {
  const map = stringIndexOf(bundle, MAP_LINE);
  // The path of the first file may be its first line.
  const code = `\n${map === -1 ? bundle : stringSlice(bundle, 0, map)}`;
  let isOwn = true;
  for (let at = 0; at < code.length;) {
    const next = stringIndexOf(code, PATH_LINE, at);
    const end = next === -1 ? code.length : next;
    if (isOwn && matches(STARTS, stringSlice(code, at, end))) return true;
    if (next === -1) return false;
    const from = next + PATH_LINE.length;
    const lineEnd = stringIndexOf(code, "\n", from);
    const path = stringSlice(code, from, lineEnd === -1 ? code.length : lineEnd);
    // All other comments have blanks in them.
    if (!matches(/\s/, path)) isOwn = stringIndexOf(path, "node_modules/") === -1;
    at = from + path.length;
  }
  return false;
}
