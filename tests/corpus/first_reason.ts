/** Cuts what went wrong to the one line that a table has room for. */

const MOST = 160;

/** The first line that says something, without colours, the app's name and paths of this machine. */
export function firstReason(text: string): string {
  // deno-lint-ignore no-control-regex
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "").replace(
    /(?:file:\/\/|(?:\.\.\/)*\.\.)?\/(?:\S*?\/)?(node_modules|apps)\//g,
    "$1/",
  );
  const first = plain.split("\n").map((each) => each.trim()).find((each) => each !== "") ?? "";
  const line = first.replace(/^Cannot (?:start|bundle) app "[^"]*": /, "");
  return line.length > MOST ? `${line.slice(0, MOST - 1)}…` : line;
}
