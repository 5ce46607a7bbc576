/** `blob:` URLs of one app: a table in its own isolate, where Deno's is one for the whole process. */
import { type AppBlob, blobInternals } from "./blob.ts";
import { requireArguments, toUsvString } from "./web_idl.ts";

/** Most URLs at once. What their Blobs weigh counts towards `external_mb`; a URL that nobody revokes keeps its Blob. */
const MAX_OBJECT_URLS = 10_000;

const NativeTypeError = TypeError;
const NativeRangeError = RangeError;
const randomUUID = crypto.randomUUID.bind(crypto);
const { apply } = Reflect;
const { defineProperty } = Object;
const { indexOf, slice } = String.prototype;
const { get, set, delete: remove } = Map.prototype;
const sizeOf = Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get!;

const blobs = new Map<string, AppBlob>();
/** Whether there ever was one: no other app pays for looking. */
let wereMade = false;

/** Whether a URL may be in force. */
export function hasObjectUrls(): boolean {
  return wereMade;
}

/** The Blob behind a URL, whatever its fragment; undefined when there is none. */
export function blobOfUrl(url: string): AppBlob | undefined {
  const fragment = apply(indexOf, url, ["#"]) as number;
  return apply(get, blobs, [fragment < 0 ? url : apply(slice, url, [0, fragment])]) as AppBlob | undefined;
}

/** Gives the app `URL.createObjectURL` and `URL.revokeObjectURL` in the place of Deno's. */
export function installObjectUrls(): void {
  const { createObjectURL, revokeObjectURL } = {
    createObjectURL(blob: unknown): string {
      const action = "execute 'createObjectURL' on 'URL'";
      requireArguments(arguments.length, 1, action);
      if (!blobInternals.isBlob(blob)) throw new NativeTypeError(`Failed to ${action}: argument 1 is no Blob`);
      if ((apply(sizeOf, blobs, []) as number) >= MAX_OBJECT_URLS) {
        throw new NativeRangeError(`Cannot make an object URL: ${MAX_OBJECT_URLS} exist that were not revoked`);
      }
      const url = `blob:null/${randomUUID()}`;
      apply(set, blobs, [url, blob]);
      wereMade = true;
      return url;
    },
    revokeObjectURL(url: unknown): void {
      requireArguments(arguments.length, 1, "execute 'revokeObjectURL' on 'URL'");
      apply(remove, blobs, [toUsvString(url)]);
    },
  };
  for (const [name, value] of Object.entries({ createObjectURL, revokeObjectURL })) {
    defineProperty(URL, name, { value, writable: true, enumerable: true, configurable: true });
  }
}
