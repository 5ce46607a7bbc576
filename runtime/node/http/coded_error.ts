/** Errors as Node makes them: with a code that packages ask for. */

/** What `new` makes an error. */
type ErrorClass = new (message: string, options?: ErrorOptions) => Error;

/** An error with a code. */
export type CodedError = Error & { code: string };

/** Makes one. @param options.kind its class; Error unless given */
export function codedError(
  code: string,
  message: string,
  { kind = Error, cause }: { readonly kind?: ErrorClass; readonly cause?: unknown } = {},
): CodedError {
  const error = cause === undefined ? new kind(message) : new kind(message, { cause });
  return Object.assign(error, { code });
}

/** What a connection ends with whose other side has gone. */
export function resetError(message: string): CodedError {
  return codedError("ECONNRESET", message);
}
