/** What it means for a request that its app's handler gave no answer. */
import { NanoError } from "../errors.ts";

/**
 * The error for who asked, with what the log says as its detail.
 * @param code as the isolate has it @param texts name, message and stack of what was thrown
 */
export function handlerFailure(app: string, code: unknown, [name, message, stack]: readonly string[]): NanoError {
  const details = [stack === "" ? `${name}: ${message}` : stack!];
  if (code === "APP_BAD_RESPONSE") return new NanoError(code, message!, { details });
  const from = `Cannot answer from app "${app}"`;
  if (code === "APP_FAILED") {
    return new NanoError(code, `${from}: it has closed its server, and listens no more`, { details });
  }
  return new NanoError("APP_EXCEPTION", `${from}: its handler threw ${name}`, {
    details,
    // For another app that asked.
    cause: { name, message },
  });
}
