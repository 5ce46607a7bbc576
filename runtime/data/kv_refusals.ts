/** What KV namespaces refuse, in the words of Workers, by whatever engine they are kept. */
import { BindingError } from "../protocol/binding_call.ts";

/** Bytes that one bulk get may answer with, as on Workers. */
export const MAX_BULK_BYTES = 25 * 1024 * 1024;

/** That a bulk get has found more. */
export function bulkTooLong(): BindingError {
  return new BindingError("KV GET_BULK failed: 413 Total size of request exceeds the limit of 25MB");
}

/** That a value has no room. @param maxBytes that the namespace may hold */
export function namespaceFull(maxBytes: number): BindingError {
  const mb = Math.floor(maxBytes / 1024 / 1024);
  return new BindingError(`KV PUT failed: 413 The namespace would hold more than storage_mb allows, ${mb} MiB`, {
    code: "STORAGE_FULL",
  });
}
