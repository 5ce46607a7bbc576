/** `blob()` and `formData()` of Request and Response, over the isolate's own Blob and FormData. */
import { blobInternals } from "./blob.ts";
import { type BodyHolder, readBody, readBodyParts } from "./body_reads.ts";
import { append, type ByteParts, decodeParts } from "./byte_parts.ts";
import { type FormEntry, formInternals } from "./form_data.ts";
import { extractMimeType, type MimeType, parameterOf, serializeMimeType } from "./mime_type.ts";
import { malformed } from "./multipart_head.ts";
import { MAX_FORM_PARTS, MultipartParser } from "./multipart_parser.ts";

const NativeTypeError = TypeError;
const NativeSearchParams = URLSearchParams;
const NativeUint8Array = Uint8Array;
const PERCENT = 0x25;
const { apply } = Reflect;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { get: getHeader } = Headers.prototype;
const { forEach } = URLSearchParams.prototype;
const { indexOf } = String.prototype;

/** Replaces the two methods on both prototypes. @boot */
export function installBodyMethods(): void {
  installOn(Request.prototype, (request) => ({ request: request as Request }));
  installOn(Response.prototype, (response) => ({ response: response as Response }));
}

/** @boot */
function installOn(prototype: object, holderOf: (self: object) => BodyHolder): void {
  const headersOf = getOwnPropertyDescriptor(prototype, "headers")!.get!;
  const typeOf = (self: object): MimeType | null => {
    // Throws for what is neither.
    const headers = apply(headersOf, self, []);
    return extractMimeType(apply(getHeader, headers, ["content-type"]) as string | null);
  };
  // Methods, so that they are no constructors; async, so that each failure is a rejection.
  const methods = {
    async blob(this: object) {
      const type = typeOf(this);
      const parts = await readBodyParts(holderOf(this));
      return blobInternals.create(parts, type === null ? "" : serializeMimeType(type));
    },
    async formData(this: object) {
      return formInternals.create(await readForm(holderOf(this), typeOf(this)));
    },
  };
  for (const name of ["blob", "formData"] as const) {
    defineProperty(prototype, name, { value: methods[name], writable: true, enumerable: true, configurable: true });
  }
}

/** https://fetch.spec.whatwg.org/#dom-body-formdata */
async function readForm(holder: BodyHolder, type: MimeType | null): Promise<FormEntry[]> {
  if (type?.essence === "multipart/form-data") {
    const boundary = parameterOf(type, "boundary");
    if (boundary === undefined || boundary === "") {
      await readBody(holder, () => {});
      throw malformed("its content type names no boundary");
    }
    const parser = new MultipartParser(boundary);
    await readBody(holder, (chunk) => parser.push(chunk));
    return parser.finish();
  }
  // Read before anything is refused, as the standard has it.
  const parts = await readBodyParts(holder);
  if (type?.essence === "application/x-www-form-urlencoded") {
    return parseUrlEncoded(decodeParts(escapeNonAscii(parts), true));
  }
  throw new NativeTypeError(
    type === null
      ? "Cannot read the body as a form: it has no content type"
      : `Cannot read the body as a form: its content type is "${type.essence}"`,
  );
}

/**
 * The standard splits bytes and decodes each name and value after its escapes are undone, so that "%E4" may begin a
 * character that raw bytes end. URLSearchParams takes text: raw bytes beyond ASCII become escapes for it.
 */
function escapeNonAscii(parts: ByteParts): ByteParts {
  const escaped: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < parts.length; at++) append(escaped, escapeBytes(parts[at]!));
  return escaped;
}

function escapeBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { length } = bytes;
  let beyond = 0;
  for (let at = 0; at < length; at++) if (bytes[at]! > 0x7f) beyond++;
  if (beyond === 0) return bytes;
  const escaped = new NativeUint8Array(length + 2 * beyond);
  let to = 0;
  for (let at = 0; at < length; at++) {
    const byte = bytes[at]!;
    if (byte > 0x7f) {
      escaped[to++] = PERCENT;
      escaped[to++] = hexDigit(byte >> 4);
      escaped[to++] = hexDigit(byte & 15);
    } else escaped[to++] = byte;
  }
  return escaped;
}

/** Code of a digit of 0 to 15. */
function hexDigit(digit: number): number {
  return digit < 10 ? 48 + digit : 55 + digit;
}

function parseUrlEncoded(text: string): FormEntry[] {
  let fields = 1;
  for (let at = find(text, 0); at >= 0; at = find(text, at + 1)) {
    if (++fields > MAX_FORM_PARTS) throw malformed(`it has more than ${MAX_FORM_PARTS} fields`);
  }
  const entries: FormEntry[] = [];
  apply(forEach, new NativeSearchParams(text[0] === "?" ? `&${text}` : text), [
    (value: string, name: string) => append(entries, { name, value }),
  ]);
  return entries;
}

function find(text: string, from: number): number {
  return apply(indexOf, text, ["&", from]) as number;
}
