/** Puts the isolate's own Blob, File, FormData, FileReader and object URLs in the place of Deno's, and makes Blobs cloneable. */
import { AppBlob, AppFile, blobInternals, fileInternals } from "./blob.ts";
import { installBodyMethods } from "./body_methods.ts";
import { append, type ByteParts, copyOf, isUint8Array, joinParts, sizeOfParts } from "./byte_parts.ts";
import { AppFileReader } from "./file_reader.ts";
import { AppFormData } from "./form_data.ts";
import { installObjectUrls } from "./object_urls.ts";
import { toDomString, toUsvString } from "./web_idl.ts";

const NativeTypeError = TypeError;
const NativeNumber = Number;
const NativeDomException = DOMException;
const { defineProperty } = Object;

type Receive = (record: Record<string, unknown>) => object;

/** What of Deno's inside this needs; without it Blobs cannot be cloned. A test holds that this Deno has it. */
interface DenoCore {
  readonly hostObjectBrand?: symbol;
  /** Who builds the copy of what, by the name that travels. */
  readonly getCloneableDeserializers?: () => Record<string, Receive>;
}

/** The name under which a clone of a Blob travels. */
const CLONE_TYPE = "NanoBlob";

const OWN = { Blob: AppBlob, File: AppFile, FormData: AppFormData, FileReader: AppFileReader };

/** Installs all of it; runs at boot, before an app's first byte. @boot */
export function installBlobs(): void {
  for (const [name, own] of Object.entries(OWN)) {
    const native = (globalThis as unknown as Record<string, { prototype: object }>)[name]!;
    // Whoever meets one of Deno's shall not find the class that makes more: structuredClone can be made to build one.
    defineProperty(native.prototype, "constructor", { value: own, writable: true, configurable: true });
    defineProperty(globalThis, name, { value: own, writable: true, configurable: true, enumerable: false });
  }
  installBodyMethods();
  installObjectUrls();
  makeCloneable();
}

/**
 * Lets structuredClone() and MessagePort.postMessage() take Blobs and Files: Deno asks an object under a symbol what
 * travels for it, and builds the copy by the name in the answer.
 *
 * An app can put that symbol on objects of its own, so the names of Deno's own Blobs must not lead to their class. (A
 * name that nobody knows would end the whole process in Deno 2.9.6, and no code may run where it is looked up: such a
 * clone is refused by `structured_clone.ts`.)
 * @boot
 */
function makeCloneable(): void {
  const { Deno } = globalThis as unknown as { Deno: Record<PropertyKey, unknown> };
  const internal = Deno[Deno.internal as symbol] as { core?: DenoCore } | undefined;
  const { hostObjectBrand, getCloneableDeserializers } = internal?.core ?? {};
  const receivers = getCloneableDeserializers?.();
  if (typeof hostObjectBrand !== "symbol" || receivers === undefined) return;
  receivers.Blob = receivers.File = refuse;
  receivers[CLONE_TYPE] = receive;
  defineProperty(AppBlob.prototype, hostObjectBrand, {
    value(this: unknown) {
      return describe(this);
    },
  });
}

function refuse(): never {
  throw new NativeDomException("Cannot clone object of unsupported type.", "DataCloneError");
}

function describe(blob: unknown): Record<string, unknown> {
  // A text instead of a record would make Deno look for a transferable.
  if (!blobInternals.isBlob(blob)) throw new NativeTypeError("Illegal invocation");
  const parts = blobInternals.partsOf(blob);
  const bytes = joinParts(parts, sizeOfParts(parts));
  const record: Record<string, unknown> = { type: CLONE_TYPE, bytes, contentType: blobInternals.typeOf(blob) };
  if (fileInternals.isFile(blob)) {
    record.name = fileInternals.nameOf(blob);
    record.lastModified = fileInternals.lastModifiedOf(blob);
  }
  return record;
}

/** Builds the copy. An app may have made the record itself, so nothing in it is believed. */
function receive({ bytes, contentType, name, lastModified }: Record<string, unknown>): object {
  const parts: ByteParts = [];
  if (isUint8Array(bytes)) append(parts, copyOf(bytes));
  const type = toDomString(contentType);
  if (typeof name !== "string") return blobInternals.create(parts, type);
  return fileInternals.create(parts, type, { name: toUsvString(name), lastModified: NativeNumber(lastModified) });
}
