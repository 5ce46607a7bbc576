/** Judges the path of an archive's entry before anything is written. */
import { NanoError } from "../errors.ts";
import { UNPACK_LIMITS } from "./unpack_limits.ts";

/** What macOS adds to archives beside the files: Finder's view state and the halves of AppleDouble files. */
const MACOS_EXTRAS = /^(\.DS_Store|\._.*)$/;
const MACOS_FOLDER = "__MACOSX";
/** Commands of packages, as links that package managers make; no app runs commands. */
const COMMANDS = /(^|\/)node_modules\/\.bin(\/|$)/;

// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * The path of an entry below the folder that it is unpacked to.
 * @param name as the archive has it
 * @returns its parts joined by `/`, "" for the folder itself, null for what no app needs: what macOS adds, and the commands of packages
 * @throws {NanoError} USAGE, naming the entry, when it leads out of the folder or cannot be a path everywhere
 */
export function entryPath(name: string): string | null {
  const why = refusal(name);
  if (why !== null) throw refusedEntry(name, why);
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts[0] === MACOS_FOLDER || MACOS_EXTRAS.test(parts.at(-1) ?? "")) return null;
  if (COMMANDS.test(parts.join("/"))) return null;
  return parts.join("/");
}

/** The error for an entry that is not unpacked. */
export function refusedEntry(name: string, why: string): NanoError {
  const shown = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  return new NanoError("USAGE", `Cannot unpack entry ${JSON.stringify(shown)} of the archive: ${why}`);
}

function refusal(name: string): string | null {
  const { maxPathBytes, maxNameBytes, maxDepth } = UNPACK_LIMITS;
  if (name === "") return "it has no name";
  // Checked before splitting: a name may have megabytes.
  if (name.length > maxPathBytes || byteLength(name) > maxPathBytes) {
    return `its path is longer than ${maxPathBytes} bytes`;
  }
  if (CONTROL_CHARACTERS.test(name)) return "its path has control characters";
  if (name.includes("\\")) return "its path has a backslash";
  if (name.startsWith("/")) return "its path is absolute";
  if (/^[A-Za-z]:/.test(name)) return "its path names a drive";
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) return 'its path has ".."';
  if (parts.length > maxDepth + 1) return `it lies deeper than ${maxDepth} folders`;
  if (parts.some((part) => byteLength(part) > maxNameBytes)) return `its name is longer than ${maxNameBytes} bytes`;
  return null;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
