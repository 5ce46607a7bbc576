/** Headers as one string that is only taken apart when somebody looks: `name\nvalue\n…`. */

/** Header names and values in order, repeated names included. */
export type HeaderList = [string, string][];

/** Joins a header list; neither names nor values can hold a line feed in HTTP. */
export function joinHeaders(list: Iterable<readonly [string, string]>): string {
  let block = "";
  for (const [name, value] of list) block += name + "\n" + value + "\n";
  return block;
}

/** Takes a header block apart. */
export function splitHeaders(block: string): HeaderList {
  const list: HeaderList = [];
  let at = 0;
  while (at < block.length) {
    const endOfName = block.indexOf("\n", at);
    const endOfValue = block.indexOf("\n", endOfName + 1);
    if (endOfName < 0 || endOfValue < 0) break;
    list.push([block.slice(at, endOfName), block.slice(endOfName + 1, endOfValue)]);
    at = endOfValue + 1;
  }
  return list;
}
