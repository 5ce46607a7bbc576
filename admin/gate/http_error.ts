/** Errors that need headers of their own, beside what every problem document has. */
import { type ErrorCode, NanoError, type NanoErrorOptions } from "../../runtime/mod.ts";

/** A NanoError whose answer carries headers. */
export class HttpError extends NanoError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: NanoErrorOptions & { headers: Record<string, string> }) {
    super(code, message, options);
    this.headers = options.headers;
  }
}
