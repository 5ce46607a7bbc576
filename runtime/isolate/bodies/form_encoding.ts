/** A form as the bytes of a multipart/form-data body: https://html.spec.whatwg.org/#multipart-form-data */
import { blobInternals, fileInternals } from "./blob.ts";
import { append, type ByteParts, encodeText, joinParts, sizeOfParts } from "./byte_parts.ts";
import { type AppFormData, formInternals } from "./form_data.ts";
import { withLineEnds } from "./kept_texts.ts";

const { apply } = Reflect;
const { random } = Math;
const { slice } = String.prototype;
const numberToString = Number.prototype.toString;
/** Texts between two files are joined up to this size before they are encoded. */
const JOIN_CHARS = 64 * 1024;

/** The bytes and the boundary between them. */
export interface EncodedForm {
  readonly parts: ByteParts;
  readonly boundary: string;
}

/** Encodes a form as it is now; the bytes of its files are shared. */
export function encodeForm(form: AppFormData): EncodedForm {
  // As long as Deno's own, so that a body has the length that it has there.
  const boundary = apply(slice, `----${digits()}${digits()}${digits()}`, [0, 32]) as string;
  const parts: ByteParts = [];
  let text = "";
  let joined: ByteParts = [];
  const settle = () => {
    if (text !== "") append(joined, encodeText(text));
    text = "";
    if (joined.length > 0) append(parts, joined.length === 1 ? joined[0]! : joinParts(joined, sizeOfParts(joined)));
    joined = [];
  };
  const entries = formInternals.entriesOf(form);
  for (let at = 0; at < entries.length; at++) {
    const { name, value } = entries[at]!;
    text += `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(withBreaks(name))}"`;
    if (typeof value === "string") text += `\r\n\r\n${withBreaks(value)}\r\n`;
    else if (fileInternals.isFile(value)) {
      const type = blobInternals.typeOf(value);
      text += `; filename="${quoted(fileInternals.nameOf(value))}"\r\n`;
      text += `Content-Type: ${type === "" ? "application/octet-stream" : type}\r\n\r\n`;
      settle();
      const bytes = blobInternals.partsOf(value);
      for (let of = 0; of < bytes.length; of++) append(parts, bytes[of]!);
      text = "\r\n";
    }
    if (text.length > JOIN_CHARS) settle();
  }
  text += `--${boundary}--\r\n`;
  settle();
  return { parts, boundary };
}

/** Line breaks of names and texts travel as CR LF. */
function withBreaks(text: string): string {
  return withLineEnds(text, "\r\n");
}

function quoted(text: string): string {
  let escaped = "";
  for (let at = 0; at < text.length; at++) escaped += escapeOf(text[at]!);
  return escaped;
}

function escapeOf(character: string): string {
  return character === "\r" ? "%0D" : character === "\n" ? "%0A" : character === '"' ? "%22" : character;
}

/** Twelve random characters. */
function digits(): string {
  return apply(slice, `${apply(numberToString, random(), [36])}000000000000`, [2, 14]) as string;
}
