/** What an app has thrown, as texts. */
import { NativeError, NativeString, stringSlice } from "../../protocol/primordials.ts";
import { withoutOwnFrames } from "./own_frames.ts";

/** Longest stack text sent to the host's log. */
const MAX_STACK_CHARS = 8 * 1024;
/** Of an error's name, which an app makes up as it likes. */
const MAX_NAME_CHARS = 200;
/** Of those behind an error: a chain may have no end. */
const MAX_CAUSES = 5;

/** Texts of a thrown value, bounded; getters of a hostile error may throw themselves. */
export function describeError(error: unknown): { name: string; message: string; stack: string } {
  try {
    if (error instanceof NativeError) {
      return {
        name: stringSlice(NativeString(error.name), 0, MAX_NAME_CHARS),
        message: stringSlice(NativeString(reasonOf(error).message), 0, MAX_STACK_CHARS),
        stack: stringSlice(withCauses(error), 0, MAX_STACK_CHARS),
      };
    }
    return { name: typeof error, message: stringSlice(NativeString(error), 0, MAX_STACK_CHARS), stack: "" };
  } catch {
    return { name: "Error", message: "an error that cannot be shown", stack: "" };
  }
}

/** Loaders of napi-rs blame npm for machine code that an isolate refuses, and have why in a cause. */
function reasonOf(error: Error): Error {
  let one: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && one instanceof NativeError; depth++) {
    if ((one as { code?: unknown }).code === "ERR_DLOPEN_FAILED") return one;
    one = one.cause;
  }
  return error;
}

function withCauses(error: Error): string {
  let text = bounded(error.stack ?? error);
  let { cause } = error;
  for (let depth = 0; depth < MAX_CAUSES && cause !== undefined; depth++) {
    text += `\nCaused by: ${bounded(cause instanceof NativeError ? cause.stack ?? cause : cause)}`;
    cause = cause instanceof NativeError ? cause.cause : undefined;
  }
  return withoutOwnFrames(text);
}

/** Before frames are left out of it: a text of hundreds of megabytes is not to be searched. */
function bounded(error: unknown): string {
  return stringSlice(NativeString(error), 0, 4 * MAX_STACK_CHARS);
}
