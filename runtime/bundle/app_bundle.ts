/** What an app becomes before it is loaded. */
import type { CodePlace } from "../pool/full_place.ts";

/** An app as an isolate loads it. */
export interface AppBundle {
  /** The module to import: a key of `modules`. */
  readonly entry: string;
  /** ESM source text with its source map inline, by URL. */
  readonly modules: Readonly<Record<string, string>>;
  /** Of an app that runs as Deno itself runs it: where its files lie. Its `modules` are NANO's own then. */
  readonly place?: CodePlace;
  /** The first 12 hex digits of the SHA-256 of the output. */
  readonly version: string;
  /** Absolute paths of the files whose change may change the bundle. */
  readonly inputs: readonly string[];
  /** What `process.env.NODE_ENV` was while it was made, and has to be while it runs. */
  readonly nodeEnv?: string;
  readonly warnings: readonly string[];
  /** Absolute path of the folder whose files the app consists of, if it is a static site; else null. */
  readonly assets: string | null;
  /** Whether paths without a file get its index.html. */
  readonly singlePage?: boolean;
  /** Absolute path of the folder of what its build made for browsers, if it has one. */
  readonly clientFiles?: string;
}
