/** What an app names files by, as absolute paths: texts, bytes, `file:` and `app:` URLs. */
import { MAX_TEXT_CHARS } from "../../protocol/host_calls.ts";
import { argumentError, fsError } from "./errors.ts";
import { fileURLToPath } from "./file_url.ts";
import { posix } from "node:path";

/** Of a path that is longer than any. */
const SHOWN_CHARS = 100;

/** A path as it is shown in errors: what was given, as text. */
export function pathText(given: unknown, name = "path"): string {
  let text: string;
  if (typeof given === "string") text = given;
  else if (given instanceof URL) text = fileURLToPath(given);
  else if (given instanceof Uint8Array) text = new TextDecoder().decode(given as Uint8Array<ArrayBuffer>);
  else {
    throw argumentError(
      "ERR_INVALID_ARG_TYPE",
      `The "${name}" argument must be of type string or an instance of Buffer or URL. Received ${
        given === null ? "null" : typeof given
      }`,
    );
  }
  if (text.includes("\0")) {
    const shown = JSON.stringify(text);
    throw argumentError(
      "ERR_INVALID_ARG_VALUE",
      `The argument '${name}' must be a string, Uint8Array, or URL without null bytes. Received ${shown}`,
    );
  }
  // Before it is taken apart: the host would refuse it, too.
  if (text.length > MAX_TEXT_CHARS) {
    throw fsError("ENAMETOOLONG", { syscall: "open", path: text.slice(0, SHOWN_CHARS) });
  }
  return text;
}

/** The absolute path without "." and "..", from the app's folder, which is "/". */
export function absolute(text: string): string {
  const clean = posix.resolve("/", text);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

/** Whether a path is one of the folder in memory. */
export function isTemporary(path: string): boolean {
  return path === "/tmp" || path.startsWith("/tmp/");
}
