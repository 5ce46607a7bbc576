/** Cuts what went wrong to the one line that a table has room for. */

const MOST = 160;

/** The first line that says something, without colours and without paths of this machine. */
export function firstReason(text: string): string {
  // deno-lint-ignore no-control-regex
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "").replace(/(?:file:\/\/)?\/\S*?\/(node_modules|apps)\//g, "$1/");
  const line = plain.split("\n").map((each) => each.trim()).find((each) => each !== "") ?? "";
  return line.length > MOST ? `${line.slice(0, MOST - 1)}…` : line;
}
