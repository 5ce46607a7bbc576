/** What holds for the bytes of an object or a part, whoever keeps them: as many as promised, with the digests that were told. */
import { BadBody, BodyTooLong } from "./bounded_body.ts";
import type { DigestName } from "./file_messages.ts";
import { r2Error, storageFull } from "./r2_error.ts";
import type { TakeOptions } from "./r2_store.ts";

/** Of a message that tells a checksum, as R2 words it. */
const DIGEST_TITLES: Readonly<Record<DigestName, string>> = {
  md5: "MD5",
  sha1: "SHA-1",
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

/** How many may be read: those that were promised, or as many as there is room for. */
export function mostBytes({ size, maxBytes }: Pick<TakeOptions, "size" | "maxBytes">): number {
  return size ?? maxBytes;
}

/** @throws {BadBody} when there were fewer than promised */
export function requirePromised(read: number, { size }: Pick<TakeOptions, "size">): void {
  if (size === null || read === size) return;
  throw new BadBody(`The stream of the value had ${read} bytes, not the ${size} that it promised`);
}

/** What an app is told of a body that could not be read; everything else stays as it is. */
export function bodyRefusal(
  error: unknown,
  action: string,
  { size, maxBytes }: Pick<TakeOptions, "size" | "maxBytes">,
): unknown {
  if (error instanceof BodyTooLong && size === null) return storageFull(action, maxBytes);
  if (error instanceof BadBody) return r2Error(action, "invalidArgument", error.message);
  return error;
}

/**
 * JSON of the digests that are kept with an object: MD5, and what was told beforehand.
 * @param found hexadecimal, all that are wanted and MD5
 * @throws {BindingError} when one is another
 */
export function checksumsJson(
  wanted: ReadonlyMap<DigestName, string>,
  found: ReadonlyMap<DigestName, string>,
): string {
  const given = [...wanted].map(([name, digest]) => [name, requireSame(name, digest, found.get(name)!)]);
  return JSON.stringify({ md5: found.get("md5")!, ...Object.fromEntries(given) });
}

function requireSame(name: DigestName, wanted: string, found: string): string {
  if (wanted === found) return found;
  const title = DIGEST_TITLES[name];
  throw r2Error(
    "put",
    "badDigest",
    `The ${title} checksum you specified did not match what we received.\n` +
      `You provided a ${title} checksum with value: ${wanted}\nActual ${title} was: ${found}`,
  );
}
