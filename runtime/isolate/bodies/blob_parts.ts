/** Turns what a Blob's or File's constructor is given into bytes, in the order and at the moments the standard says. */
import { matches } from "../../protocol/primordials.ts";
import {
  append,
  type ByteParts,
  bytesLength,
  copyOf,
  encodeText,
  joinParts,
  OWN_BUFFER_BYTES,
  sizeOfParts,
  viewOfGiven,
} from "./byte_parts.ts";
import { requireRoom } from "./external_room.ts";
import { withLineEnds } from "./kept_texts.ts";
import { toDictionary, toDomString } from "./web_idl.ts";

const NativeTypeError = TypeError;
const { apply } = Reflect;
const { toLowerCase } = String.prototype;
const PRINTABLE = /^[\x20-\x7e]*$/;

/** Up to so many pieces each is a chunk of the stream, as under Deno. */
const FEW_PIECES = 16;

/** One converted element of the sequence: a text, an app's buffer, or the bytes of a Blob. */
type Piece = string | { readonly given: object } | { readonly parts: ByteParts };

/** How the conversion looks at Blobs, which it does not know itself. */
export type PartsOfBlob = (value: object) => ByteParts | null;

/** The options of a Blob. */
export interface BlobBag {
  readonly endings: string;
  readonly type: string;
}

/** https://w3c.github.io/FileAPI/#dfn-type: lower case, or nothing when it holds what is not printable. */
export function normalType(type: string): string {
  return matches(PRINTABLE, type) ? apply(toLowerCase, type, []) as string : "";
}

/** Converts the sequence; texts are made of its elements at once, buffers are read later. */
export function readSequence(sequence: unknown, action: string, partsOfBlob: PartsOfBlob): Piece[] {
  const pieces: Piece[] = [];
  if (sequence === null || (typeof sequence !== "object" && typeof sequence !== "function")) {
    throw new NativeTypeError(`Failed to ${action}: the parts are no sequence`);
  }
  // An app's own iteration is what the standard asks for here.
  // deno-lint-ignore natives/iteration -- each element is converted before the next is asked for
  for (const element of sequence as Iterable<unknown>) append(pieces, pieceOf(element, action, partsOfBlob));
  return pieces;
}

function pieceOf(element: unknown, action: string, partsOfBlob: PartsOfBlob): Piece {
  if (typeof element === "object" && element !== null) {
    const parts = partsOfBlob(element);
    if (parts !== null) return { parts };
    if (viewOfGiven(element, action) !== null) return { given: element };
  }
  return toDomString(element);
}

/** Reads the options that Blob and File share, in lexicographic order. */
export function readBag(options: unknown, action: string): BlobBag {
  const bag = toDictionary(options, action);
  const givenEndings = bag?.endings;
  const endings = givenEndings === undefined ? "transparent" : toDomString(givenEndings);
  if (endings !== "transparent" && endings !== "native") {
    throw new NativeTypeError(`Failed to ${action}: "${endings}" is not one of "transparent" and "native"`);
  }
  const givenType = bag?.type;
  return { endings, type: givenType === undefined ? "" : normalType(toDomString(givenType)) };
}

/** Copies the pieces; the bytes of Blobs are shared. */
export function toParts(pieces: Piece[], endings: string, action: string): ByteParts {
  const parts: ByteParts = [];
  let small: ByteParts = [];
  const settle = () => {
    if (small.length > 0) append(parts, small.length === 1 ? small[0]! : joinParts(small, sizeOfParts(small)));
    small = [];
  };
  const take = (bytes: Uint8Array<ArrayBuffer>) => {
    const length = bytesLength(bytes);
    if (length === 0) return;
    if (length < OWN_BUFFER_BYTES && pieces.length > FEW_PIECES) return append(small, bytes);
    settle();
    append(parts, bytes);
  };
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at]!;
    if (typeof piece === "string") {
      requireRoom(piece.length, "a Blob");
      take(encodeText(endings === "native" ? withLineEnds(piece, "\n") : piece));
    } else if ("given" in piece) {
      // Looked at again: a later element's conversion may have changed or detached it.
      const view = viewOfGiven(piece.given, action)!;
      requireRoom(bytesLength(view), "a Blob");
      take(copyOf(view));
    } else {
      settle();
      for (let of = 0; of < piece.parts.length; of++) append(parts, piece.parts[of]!);
    }
  }
  settle();
  return parts;
}
