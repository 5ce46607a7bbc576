/** A project that people begin with: how it is made and built, and what its own server says to a few paths. */

/** One row of the table. */
export interface Starter {
  /** Name of its folder, and of its app. */
  readonly name: string;
  /** What it is, as the table has it. */
  readonly title: string;
  /** Makes the folder, run beside it by `sh`; null: copied from by_hand/, as its tool fetches templates from elsewhere. */
  readonly make: string | null;
  /** What its documentation asks to change: texts by file, and what replaces them. */
  readonly edits?: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** Builds it, run in its folder. */
  readonly build?: string;
  /** Starts its own server on `$PORT`. */
  readonly serve: string;
  /** A page, and what else both servers are asked for. */
  readonly paths: readonly string[];
  /** What nano.json says of it beside its path. */
  readonly nano?: Readonly<Record<string, unknown>>;
  /** What differs between two answers of one server: parts that match are not compared. */
  readonly varies?: readonly RegExp[];
  /** What a reader of the table should know. */
  readonly note?: string;
}

/**
 * A command for tools that ask on a terminal only: types the keys, and then spaces until it ends.
 * @param keys as printf has them: "\\r" is Enter
 */
export function typed(command: string, keys: readonly string[]): string {
  const typing = keys.map((key) => `printf '${key}'; sleep 2`).join("; ");
  return `(sleep 20; ${typing}; while printf ' '; do sleep 2; done) | script -qec "${command}" /dev/null`;
}
