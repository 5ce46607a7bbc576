/** Errors of R2 as Workers word them: what was done, what is wrong, and the number that code looks for. */
import { BindingError } from "../protocol/binding_call.ts";

/** https://developers.cloudflare.com/r2/api/error-codes/ */
const ERRORS = {
  internal: [10001, "We encountered an internal error. Please try again."],
  entityTooSmall: [10011, "Your proposed upload is smaller than the minimum allowed object size."],
  metadataTooLarge: [10012, "Your metadata headers exceed the maximum allowed metadata size."],
  invalidObjectName: [10020, "The specified object name is not valid."],
  invalidMaxKeys: [10022, "MaxKeys params must be positive integer <= 1000."],
  noSuchUpload: [10024, "The specified multipart upload does not exist."],
  invalidPart: [10025, "One or more of the specified parts could not be found."],
  invalidArgument: [10029, "Invalid argument."],
  badDigest: [10037, "The checksum you specified did not match what we received."],
  invalidRange: [10039, "The requested range is not satisfiable"],
  badUpload: [10048, "There was a problem with the multipart upload."],
  entityTooLarge: [100100, "Your proposed upload exceeds the maximum allowed object size."],
} as const;

/** What may be wrong. */
export type R2Mistake = keyof typeof ERRORS;

/** @param action the method, as messages begin @param text instead of the usual one */
export function r2Error(action: string, mistake: R2Mistake, text?: string): BindingError {
  const [number, usual] = ERRORS[mistake];
  return new BindingError(`${action}: ${text ?? usual} (${number})`);
}

/** What a bucket holds may not be more. */
export function storageFull(action: string, maxBytes: number): BindingError {
  const mb = Math.floor(maxBytes / 1024 / 1024);
  return new BindingError(
    `${action}: The bucket would hold more than storage_mb allows, ${mb} MiB (${ERRORS.entityTooLarge[0]})`,
    { code: "STORAGE_FULL" },
  );
}
