/** `blob:` URLs of one app: a table in its own isolate, where Deno's is one for the whole process. */
import {
  defineMember,
  NativeRangeError,
  NativeTypeError,
  NativeURL,
  stringIndexOf,
  stringSlice,
} from "../../protocol/primordials.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import { type AppBlob, blobInternals } from "./blob.ts";
import { requireArguments, toUsvString } from "./web_idl.ts";

/** Most URLs at once. What their Blobs weigh counts towards `external_mb`; a URL that nobody revokes keeps its Blob. */
const MAX_OBJECT_URLS = 10_000;

const randomUUID = crypto.randomUUID.bind(crypto);

const blobs = new SafeMap<string, AppBlob>();
/** Whether there ever was one: no other app pays for looking. */
let wereMade = false;

/** Whether a URL may be in force. */
export function hasObjectUrls(): boolean {
  return wereMade;
}

/** The Blob behind a URL, whatever its fragment; undefined when there is none. */
export function blobOfUrl(url: string): AppBlob | undefined {
  const fragment = stringIndexOf(url, "#");
  return blobs.get(fragment < 0 ? url : stringSlice(url, 0, fragment));
}

const { createObjectURL, revokeObjectURL } = {
  createObjectURL(blob: unknown): string {
    const action = "execute 'createObjectURL' on 'URL'";
    requireArguments(arguments.length, 1, action);
    if (!blobInternals.isBlob(blob)) throw new NativeTypeError(`Failed to ${action}: argument 1 is no Blob`);
    if (blobs.size >= MAX_OBJECT_URLS) {
      throw new NativeRangeError(`Cannot make an object URL: ${MAX_OBJECT_URLS} exist that were not revoked`);
    }
    const url = `blob:null/${randomUUID()}`;
    blobs.set(url, blob);
    wereMade = true;
    return url;
  },
  revokeObjectURL(url: unknown): void {
    requireArguments(arguments.length, 1, "execute 'revokeObjectURL' on 'URL'");
    blobs.delete(toUsvString(url));
  },
};

/** Gives the app `URL.createObjectURL` and `URL.revokeObjectURL` in the place of Deno's. @boot */
export function installObjectUrls(): void {
  defineMember(NativeURL, "createObjectURL", createObjectURL, true);
  defineMember(NativeURL, "revokeObjectURL", revokeObjectURL, true);
}
