/** What host and thread of files tell each other: pieces of what is written, and what it came to. */

/** Digests that may be asked for, as `node:crypto` names them. */
export type DigestName = "md5" | "sha1" | "sha256" | "sha384" | "sha512";

/** To the thread; the pieces of a file come in their order. */
export type FileAsk =
  | {
    readonly ask: "begin";
    readonly id: number;
    /** Below the thread's folder. */
    readonly path: string;
    readonly digests: readonly DigestName[];
  }
  | { readonly ask: "write"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly ask: "end"; readonly id: number }
  /** The file is not wanted any more. */
  | { readonly ask: "drop"; readonly id: number };

/** From the thread. */
export type FileAnswer =
  /** So many bytes of a file were written. */
  | { readonly id: number; readonly written: number }
  /** It is on the disk; digests are hexadecimal, in the order in which they were asked for. */
  | { readonly id: number; readonly digests: readonly string[] }
  | { readonly id: number; readonly error: string };
