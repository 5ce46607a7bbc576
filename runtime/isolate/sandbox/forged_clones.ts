/**
 * Tells from the bytes of a clone whether an object of the app's told what travels for it: a type that nobody builds ends
 * the whole process in Deno 2.9.6.
 */
const { apply } = Reflect;
const { indexOf } = Uint8Array.prototype;

/** An object that told what travels for it, as V8 and Deno write that: the tag, and the largest number instead of an index. */
const TOLD = [0x5c, 0xff, 0xff, 0xff, 0xff, 0x0f];
/** What follows where Deno or NANO wrote it: a record whose first member is `type`, a short Latin text. */
const RECORD_OF_TYPE = [0x6f, 0x22, 4, ...[..."type"].map((char) => char.charCodeAt(0)), 0x22];
/** What may travel: of these it is known that a forged record does no harm. */
const TRAVELLERS = ["DOMException", "CryptoKey", "NodeCryptoKeyObject", "NanoBlob"];

/** Whether some object told something else than a record of a known type; never wrong about one that did. */
export function isForged(bytes: Uint8Array): boolean {
  for (let at = apply(indexOf, bytes, [0xff, 1]); at > 0; at = apply(indexOf, bytes, [0xff, at + 1])) {
    if (bytes[at - 1] === TOLD[0] && has(bytes, TOLD, at - 1) && !tellsKnownType(bytes, at - 1 + TOLD.length)) {
      return true;
    }
    while (bytes[at + 1] === 0xff) at++;
  }
  return false;
}

function tellsKnownType(bytes: Uint8Array, at: number): boolean {
  if (!has(bytes, RECORD_OF_TYPE, at)) return false;
  const text = at + RECORD_OF_TYPE.length;
  for (let i = 0; i < TRAVELLER_BYTES.length; i++) if (has(bytes, TRAVELLER_BYTES[i]!, text)) return true;
  return false;
}

const TRAVELLER_BYTES = TRAVELLERS.map((name) => [name.length, ...[...name].map((char) => char.charCodeAt(0))]);

function has(bytes: Uint8Array, wanted: readonly number[], at: number): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}
