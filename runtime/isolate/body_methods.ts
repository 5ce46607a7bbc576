/** `blob()` and `formData()` of Request and Response, over the isolate's own Blob and FormData. */
import { blobInternals } from "./blob.ts";
import { type BodyHolder, readBody, readBodyParts } from "./body_reads.ts";
import { append, decodeParts } from "./byte_parts.ts";
import { type FormEntry, formInternals } from "./form_data.ts";
import { extractMimeType, type MimeType, parameterOf, serializeMimeType } from "./mime_type.ts";
import { malformed } from "./multipart_head.ts";
import { MAX_FORM_PARTS, MultipartParser } from "./multipart_parser.ts";

const NativeTypeError = TypeError;
const NativeSearchParams = URLSearchParams;
const { apply } = Reflect;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { get: getHeader } = Headers.prototype;
const { forEach } = URLSearchParams.prototype;
const { indexOf } = String.prototype;

/** Replaces the two methods on both prototypes. */
export function installBodyMethods(): void {
  installOn(Request.prototype, (request) => ({ request: request as Request }));
  installOn(Response.prototype, (response) => ({ response: response as Response }));
}

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
  if (type?.essence === "application/x-www-form-urlencoded") return parseUrlEncoded(decodeParts(parts, false));
  throw new NativeTypeError(
    type === null
      ? "Cannot read the body as a form: it has no content type"
      : `Cannot read the body as a form: its content type is "${type.essence}"`,
  );
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
