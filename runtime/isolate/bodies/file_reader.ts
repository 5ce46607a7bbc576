/** FileReader over the isolate's own Blobs: https://w3c.github.io/FileAPI/#APIASynch. */
import { type AppBlob, blobInternals } from "./blob.ts";
import { joinParts } from "./byte_parts.ts";
import { requireRoom } from "./external_room.ts";
import { parameterOf, parseMimeType } from "./mime_type.ts";
import { defineInterface, requireArguments } from "./web_idl.ts";

const EMPTY = 0;
const LOADING = 1;
const DONE = 2;
/** Characters that String.fromCharCode takes at once. */
const TEXT_CHUNK = 8192;

const { apply } = Reflect;
const { defineProperty } = Object;
const { dispatchEvent, addEventListener, removeEventListener } = EventTarget.prototype;
const NativeProgressEvent = ProgressEvent;
const NativeDomException = DOMException;
const NativeTypeError = TypeError;
const NativeTextDecoder = TextDecoder;
const { decode } = TextDecoder.prototype;
const { fromCharCode } = String;
const { subarray } = Uint8Array.prototype;
const nextTurn = setTimeout;
const toBase64 = btoa;

type Handler = ((event: Event) => void) | null;
type Pack = (bytes: Uint8Array<ArrayBuffer>, blob: AppBlob) => string | ArrayBuffer;

/** The `FileReader` of an app. */
export class AppFileReader extends EventTarget {
  static readonly EMPTY = EMPTY;
  static readonly LOADING = LOADING;
  static readonly DONE = DONE;
  #state = EMPTY;
  #result: string | ArrayBuffer | null = null;
  #error: DOMException | null = null;
  /** Counts reads and aborts: what a later one made stale goes no further. */
  #turn = 0;
  readonly #handlers: Record<string, Handler> = { __proto__: null } as never;

  get readyState(): number {
    return this.#state;
  }

  get result(): string | ArrayBuffer | null {
    return this.#result;
  }

  get error(): DOMException | null {
    return this.#error;
  }

  readAsArrayBuffer(blob: unknown): void {
    this.#read("readAsArrayBuffer", arguments, blob, (bytes) => bytes.buffer);
  }

  readAsBinaryString(blob: unknown): void {
    this.#read("readAsBinaryString", arguments, blob, binaryText);
  }

  readAsText(blob: unknown, encoding: unknown = undefined): void {
    const label = encoding === undefined ? null : `${encoding}`;
    this.#read("readAsText", arguments, blob, (bytes, { type }) => decodeText(bytes, label, type));
  }

  readAsDataURL(blob: unknown): void {
    this.#read("readAsDataURL", arguments, blob, (bytes, { type }) => {
      return `data:${type === "" ? "application/octet-stream" : type};base64,${toBase64(binaryText(bytes))}`;
    });
  }

  abort(): void {
    if (this.#state !== LOADING) {
      this.#result = null;
      return;
    }
    this.#turn++;
    this.#state = DONE;
    this.#result = null;
    this.#fire("abort", 0, 0);
    if (this.#state as number !== LOADING) this.#fire("loadend", 0, 0);
  }

  #read(name: string, given: ArrayLike<unknown>, blob: unknown, pack: Pack): void {
    const action = `execute '${name}' on 'FileReader'`;
    requireArguments(given.length, 1, action);
    if (!blobInternals.isBlob(blob)) throw new NativeTypeError(`Failed to ${action}: argument 1 is no Blob`);
    if (this.#state === LOADING) {
      throw new NativeDomException(`Failed to ${action}: a read is under way`, "InvalidStateError");
    }
    this.#state = LOADING;
    this.#result = null;
    this.#error = null;
    const turn = ++this.#turn;
    const size = blobInternals.sizeOf(blob);
    const later = (run: () => void) => void nextTurn(() => this.#turn === turn && run(), 0);
    later(() => {
      // Before its listeners run: what they start makes this read stale.
      later(() => {
        if (size > 0) this.#fire("progress", size, size);
        later(() => this.#finish(blob, size, pack));
      });
      this.#fire("loadstart", 0, size);
    });
  }

  #finish(blob: AppBlob, size: number, pack: Pack): void {
    this.#state = DONE;
    let type = "load";
    try {
      requireRoom(size, "what a FileReader reads");
      this.#result = pack(joinParts(blobInternals.partsOf(blob), size), blob);
    } catch (error) {
      type = "error";
      this.#error = new NativeDomException(`${(error as Error).message}`, "NotReadableError");
    }
    this.#fire(type, size, size);
    if (this.#state as number !== LOADING) this.#fire("loadend", size, size);
  }

  #fire(type: string, loaded: number, total: number): void {
    const init = { __proto__: null, lengthComputable: total > 0, loaded, total } as ProgressEventInit;
    apply(dispatchEvent, this, [new NativeProgressEvent(type, init)]);
  }

  static {
    for (const type of ["loadstart", "progress", "load", "abort", "error", "loadend"]) {
      const { get, set } = Object.getOwnPropertyDescriptor({
        get handler(): Handler {
          return (this as unknown as AppFileReader).#handlers[type] ?? null;
        },
        set handler(given: Handler) {
          const self = this as unknown as AppFileReader;
          const present = self.#handlers[type] ?? null;
          if (present !== null) apply(removeEventListener, self, [type, present]);
          self.#handlers[type] = typeof given === "function" ? given : null;
          if (typeof given === "function") apply(addEventListener, self, [type, given]);
        },
      }, "handler")!;
      defineProperty(AppFileReader.prototype, `on${type}`, { get: get!, set: set!, configurable: true });
    }
  }
}

/** Each byte as one character. */
function binaryText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += TEXT_CHUNK) {
    text += apply(fromCharCode, undefined, apply(subarray, bytes, [at, at + TEXT_CHUNK]) as unknown as number[]);
  }
  return text;
}

/** https://w3c.github.io/FileAPI/#blob-package-data: the label, else the charset of the type, else UTF-8. */
function decodeText(bytes: Uint8Array, label: string | null, type: string): string {
  const parsed = parseMimeType(type);
  const named = decoderOf(label) ?? decoderOf(parsed === null ? null : parameterOf(parsed, "charset") ?? null);
  return apply(decode, markDecoder(bytes) ?? named ?? new NativeTextDecoder(), [bytes]) as string;
}

function decoderOf(label: string | null): TextDecoder | null {
  if (label === null) return null;
  try {
    return new NativeTextDecoder(label);
  } catch {
    // What is no encoding names none.
    return null;
  }
}

/** A byte order mark wins over every name (https://encoding.spec.whatwg.org/#decode). */
function markDecoder(bytes: Uint8Array): TextDecoder | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return new NativeTextDecoder();
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new NativeTextDecoder("utf-16be");
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new NativeTextDecoder("utf-16le");
  return null;
}

defineInterface(AppFileReader, "FileReader", 0);
for (const [name, value] of Object.entries({ EMPTY, LOADING, DONE })) {
  for (const holder of [AppFileReader, AppFileReader.prototype]) {
    defineProperty(holder, name, { value, writable: false, enumerable: true, configurable: false });
  }
}
