/** Checks that a certificate and a key are such, and belong together: a listener that takes neither would end the start. */
import { resolve } from "node:path";
import { messageOf } from "../errors.ts";
import { readRegularText } from "../regular_file.ts";
import type { Mistakes } from "./mistakes.ts";

/** A chain of certificates has some kilobytes. */
export const MAX_PEM_BYTES: number = 1024 * 1024;

/** Deno's texts for files without a usable block of PEM. */
const UNUSABLE = { cert: /^No certificates found/, key: /^No keys found/ } as const;

/** What `tls` of nano.json names, as far as it is right so far. */
export interface WrittenTls {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * Adds a mistake for a certificate or key that the public listener could not use. Nothing is said of dates and names:
 * what a client trusts is its own matter.
 */
export async function checkTls(tls: WrittenTls | undefined, baseDir: string, mistakes: Mistakes): Promise<void> {
  if (tls?.cert === undefined || tls.key === undefined) return;
  if (mistakes.has(["tls", "cert"]) || mistakes.has(["tls", "key"])) return;
  const read = async (key: "cert" | "key", path: string) => {
    try {
      return await readRegularText(resolve(baseDir, path), MAX_PEM_BYTES);
    } catch (error) {
      mistakes.add(["tls", key], path, `expected a readable file (${messageOf(error).split(": ")[0]})`);
      return null;
    }
  };
  const [cert, key] = [await read("cert", tls.cert), await read("key", tls.key)];
  if (cert === null || key === null) return;
  try {
    // The same parser as the listener's, without one.
    Deno.createHttpClient({ cert, key }).close();
  } catch (error) {
    const text = messageOf(error);
    if (UNUSABLE.cert.test(text)) {
      mistakes.add(["tls", "cert"], tls.cert, "expected the path of a PEM file with a certificate");
    } else if (UNUSABLE.key.test(text)) {
      mistakes.add(
        ["tls", "key"],
        tls.key,
        "expected the path of a PEM file with a private key that has no passphrase",
      );
    } else {
      mistakes.add(
        ["tls", "key"],
        tls.key,
        `expected the key of the certificate ${JSON.stringify(tls.cert)} (${text})`,
      );
    }
  }
}
