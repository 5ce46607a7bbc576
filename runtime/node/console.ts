/** `node:console`: the app's own console, and Deno's consoles that write to given streams and reach nothing else. */
import native from "node:console";

type Members = Console & Record<string, unknown>;

/** `new Console(stdout, stderr, ignoreErrors)` or `new Console({ stdout, stderr, … })`. */
export const Console: new (stdout: unknown, ...rest: unknown[]) => Members = native.Console as never;

const own = globalThis.console as Members;
const idle = () => {};
for (const name of ["profile", "profileEnd", "timeStamp"]) own[name] ??= idle;
// As in Node, `console.Console` is there without an import.
Object.defineProperty(own, "Console", { value: Console, writable: true, configurable: true });

export default own;
export const { assert, clear, count, countReset, debug, dir, dirxml, error, group, groupCollapsed, groupEnd, info } =
  own;
export const { log, profile, profileEnd, table, time, timeEnd, timeLog, timeStamp, trace, warn } = own;
