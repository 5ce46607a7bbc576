/** Bodies whose bytes are at hand, so that their length is known and they can be sent a second time. */
import { blobInternals } from "./blob.ts";
import { type ByteParts, sizeOfParts } from "./byte_parts.ts";
import { encodeText, stringCharCodeAt } from "../../protocol/primordials.ts";
import { formInternals } from "./form_data.ts";
import { encodeForm } from "./form_encoding.ts";

/** Whether a value is one; set by the class itself. */
export let isKnownBody: (value: unknown) => value is KnownBody;

/** The bytes of a Blob, a File or a FormData as a body. */
export class KnownBody {
  /** In order; shared with the Blob they are from, so nobody may write to them or transfer them. */
  readonly parts: ByteParts;
  readonly size: number;
  /** The content type that goes with them, or "". */
  readonly type: string;
  readonly #isOurs = true;

  constructor(parts: ByteParts, type: string) {
    this.parts = parts;
    this.size = sizeOfParts(parts);
    this.type = type;
  }

  static {
    isKnownBody = (value): value is KnownBody => typeof value === "object" && value !== null && #isOurs in value;
  }
}

/** U+FEFF, of which `text()` and `json()` take off the first; Deno 2.9.6 does so for bytes only. */
export const MARK = 0xfeff;

/** What a body is, when its bytes are known; null for texts, buffers and streams, which Deno's own classes take. */
export function knownBody(body: unknown): KnownBody | null {
  if (typeof body === "string" && stringCharCodeAt(body, 0) === MARK) {
    return new KnownBody([encodeText(body)], "text/plain;charset=UTF-8");
  }
  if (typeof body !== "object" || body === null) return null;
  if (blobInternals.isBlob(body)) return new KnownBody(blobInternals.partsOf(body), blobInternals.typeOf(body));
  if (!formInternals.isForm(body)) return null;
  const { parts, boundary } = encodeForm(body);
  return new KnownBody(parts, `multipart/form-data; boundary=${boundary}`);
}
