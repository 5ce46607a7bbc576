/** Which parts of an upload its object is made of, by R2's rules. */
import { createHash } from "node:crypto";
import { r2Error } from "./r2_error.ts";

/** https://developers.cloudflare.com/r2/objects/multipart-objects/: of every part but the last. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
/** Uploads that nobody has completed are forgotten after this long, as R2 does by default. */
export const UPLOAD_MS = 7 * 24 * 60 * 60 * 1000;
const ACTION = "completeMultipartUpload";

/** A part as it was kept. */
export interface KeptPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
}

/** A part as the app names it. */
export interface SentPart {
  readonly partNumber: number;
  readonly etag: string;
}

/**
 * The parts in the order of their numbers.
 * @throws {BindingError} when one is missing, named twice, too small, or of another size than the rest
 */
export function chosenParts<Part extends KeptPart>(sent: readonly SentPart[], kept: readonly Part[]): Part[] {
  if (new Set(sent.map(({ partNumber }) => partNumber)).size < sent.length) throw r2Error(ACTION, "internal");
  const byNumber = new Map(kept.map((part) => [part.number, part]));
  const chosen = sent.map(({ partNumber, etag }) => {
    const part = byNumber.get(partNumber);
    if (part === undefined || part.etag !== etag) throw r2Error(ACTION, "invalidPart");
    return part;
  });
  if (chosen.slice(0, -1).some(({ size }) => size < MIN_PART_BYTES)) throw r2Error(ACTION, "entityTooSmall");
  chosen.sort((one, other) => one.number - other.number);
  const size = chosen[0]?.size ?? 0;
  const isUneven = chosen.slice(0, -1).some((part) => part.size !== size || part.size < MIN_PART_BYTES);
  if (isUneven || (chosen.at(-1)?.size ?? 0) > size) throw r2Error(ACTION, "badUpload");
  return chosen;
}

/** What an object of parts has in the place of a digest of its bytes. */
export function multipartEtag(parts: readonly KeptPart[]): string {
  const digest = createHash("md5");
  for (const { etag } of parts) digest.update(etag, "hex");
  return `${digest.digest("hex")}-${parts.length}`;
}
