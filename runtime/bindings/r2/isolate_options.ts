/** What apps say to a bucket beside keys and values, made ready for the host: conditions, ranges, metadata, checksums. */
import { bare } from "../../protocol/bare.ts";
import {
  bytesLength,
  defineMember,
  getOwnPropertyNames,
  headersGet,
  isNotANumber,
  NativeError,
  NativeHeaders,
  NativeNumber,
  NativeRangeError,
  NativeTypeError,
  parseDate,
  stringIndexOf,
  stringSlice,
  stringToWellFormed,
  trunc,
  uncurry,
} from "../../protocol/primordials.ts";
import { wellFormedText } from "../../protocol/parameters.ts";
import { bytesOrNull } from "../../protocol/views.ts";

type Members = Record<string, unknown>;

const NativeDate = Date;
const { fromHex } = Uint8Array as unknown as { fromHex(hex: string): Uint8Array };
const hexOf = uncurry((Uint8Array.prototype as unknown as { toHex(): string }).toHex) as (bytes: Uint8Array) => string;
const dateTime = uncurry(Date.prototype.getTime);
const instanceOf = uncurry(Function.prototype[Symbol.hasInstance]) as (owner: unknown, value: unknown) => boolean;

/** What is set, of options or of nothing. */
export function membersOf(options: unknown): Members {
  return options === undefined || options === null ? bare({}) : options as Members;
}

/** As a text; null of what need not be there and is not. */
export function textOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : wellFormedText(value);
}

function isHeaders(value: unknown): value is Headers {
  return instanceOf(NativeHeaders, value);
}

/** As the host takes them (data/r2_condition.ts). */
export function conditionOf(onlyIf: unknown): object | null {
  if (onlyIf === undefined || onlyIf === null) return null;
  const condition: Members = bare({});
  if (isHeaders(onlyIf)) {
    setTags(condition, "matches", headersGet(onlyIf, "if-match"));
    setTags(condition, "differs", headersGet(onlyIf, "if-none-match"));
    setDate(condition, "after", headersGet(onlyIf, "if-modified-since"));
    setDate(condition, "before", headersGet(onlyIf, "if-unmodified-since"));
    condition["inSeconds"] = true;
    return condition;
  }
  const { etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, secondsGranularity } = onlyIf as Members;
  if (isGiven(etagMatches)) condition["matches"] = [tagOf("etagMatches", etagMatches)];
  if (isGiven(etagDoesNotMatch)) condition["differs"] = [tagOf("etagDoesNotMatch", etagDoesNotMatch)];
  if (isGiven(uploadedBefore)) condition["before"] = timeOf("uploadedBefore", "Conditional", uploadedBefore);
  if (isGiven(uploadedAfter)) condition["after"] = timeOf("uploadedAfter", "Conditional", uploadedAfter);
  if (secondsGranularity) condition["inSeconds"] = true;
  return condition;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function tagOf(name: string, given: unknown): unknown {
  if (typeof given !== "string") throw wrongField(name, "Conditional", "string");
  const tag = stringToWellFormed(given);
  const { length } = tag;
  if (length > 0 && tag[0] === '"' && tag[length - 1] === '"') {
    throw new NativeTypeError(`Conditional ETag should not be wrapped in quotes (${tag}).`);
  }
  return tag === "*" ? "*" : bare({ value: tag, weak: false });
}

function setTags(condition: Members, name: string, header: string | null): void {
  const tags = header === null ? null : tagsOf(header);
  if (tags !== null && tags.length > 0) condition[name] = tags;
}

/** The list of a header If-Match or If-None-Match. */
function tagsOf(header: string): unknown[] {
  const tags: unknown[] = [];
  let at = 0;
  let mayBegin = true;
  while (at < header.length) {
    const character = header[at]!;
    if (character === " " || character === "\t") at++;
    else if (character === ",") {
      mayBegin = true;
      at++;
    } else if (!mayBegin) {
      throw new NativeError(`Comma was expected to separate etags. Encountered '${character}' instead.`);
    } else if (character === "*") return ["*"];
    else {
      const weak = stringSlice(header, at, at + 2) === "W/";
      const from = weak ? at + 2 : at;
      if (header[from] !== '"') {
        throw new NativeError(
          character === "W"
            ? "Weak etags must start with W/ and their value must be quoted"
            : "Invalid conditional header",
        );
      }
      const end = stringIndexOf(header, '"', from + 1);
      if (end < 0) throw new NativeError("Unclosed double quote for Etag");
      defineMember(tags, tags.length, bare({ value: stringSlice(header, from + 1, end), weak }), true);
      mayBegin = false;
      at = end + 1;
    }
  }
  return tags;
}

/** What is no date says nothing: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.3 */
function setDate(condition: Members, name: string, header: string | null): void {
  const time = header === null ? NaN : parseDate(header);
  if (!isNotANumber(time)) condition[name] = time;
}

/** A Date, or milliseconds since the epoch. */
function timeOf(name: string, owner: string, value: unknown): number {
  if (typeof value !== "number" && !instanceOf(NativeDate, value)) throw wrongField(name, owner, "date");
  const time = typeof value === "number" ? value : dateTime(value as Date);
  if (isNotANumber(time)) throw new NativeTypeError("The value cannot be converted because it is not a valid Date.");
  return time;
}

function wrongField(name: string, owner: string, type: string): TypeError {
  return new NativeTypeError(
    `Incorrect type for the '${name}' field on '${owner}': the provided value is not of type '${type}'.`,
  );
}

/** As the host takes them (data/r2_condition.ts). */
export function objectRangeOf(range: unknown): object | null {
  if (range === undefined || range === null) return null;
  if (isHeaders(range)) {
    const header = headersGet(range, "range");
    return header === null ? null : bare({ header });
  }
  const { offset, length, suffix } = range as Members;
  const wanted: Members = bare({});
  if (isGiven(offset)) wanted["offset"] = boundOf(offset, "range. Starting offset", "range. Starting offset");
  // As much as there is, which JSON has no number for.
  if (isGiven(length) && length !== Infinity) wanted["length"] = boundOf(length, "range. Length", "range. Length");
  if (!isGiven(suffix)) return wanted;
  if (isGiven(offset)) throw new NativeTypeError("Suffix is incompatible with offset.");
  if (isGiven(length)) throw new NativeTypeError("Suffix is incompatible with length.");
  return bare({ suffix: boundOf(suffix, "suffix. Suffix", "range. Suffix") });
}

function boundOf(value: unknown, negative: string, broken: string): number {
  const number = NativeNumber(value);
  if (number < 0) throw new NativeRangeError(`Invalid ${negative} (${number}) must be greater than or equal to 0.`);
  if (trunc(number) !== number || isNotANumber(number)) {
    throw new NativeRangeError(`Invalid ${broken} (${number}) must be an integer, not floating point.`);
  }
  return number;
}

const HTTP_TEXTS = ["contentType", "contentLanguage", "contentDisposition", "contentEncoding", "cacheControl"] as const;
/** Header of each of these, in their order. */
export const HTTP_HEADERS: readonly (readonly [member: (typeof HTTP_TEXTS)[number], header: string])[] = [
  ["contentType", "content-type"],
  ["contentLanguage", "content-language"],
  ["contentDisposition", "content-disposition"],
  ["contentEncoding", "content-encoding"],
  ["cacheControl", "cache-control"],
];

/** What is kept with an object: its headers, the app's own texts, its storage class. */
export function metadataOf({ httpMetadata, customMetadata, storageClass, ssecKey }: Members): Members {
  if (isGiven(ssecKey)) throw new NativeTypeError("NANO's R2 has no keys of customers (ssecKey)");
  return bare({
    http: httpOf(httpMetadata),
    custom: customOf(customMetadata),
    storageClass: isGiven(storageClass) ? wellFormedText(storageClass) : "Standard",
  });
}

function httpOf(given: unknown): Members {
  const http: Members = bare({});
  if (!isGiven(given)) return http;
  const headers = isHeaders(given) ? given : null;
  for (let at = 0; at < HTTP_HEADERS.length; at++) {
    const pair = HTTP_HEADERS[at]!;
    const member = pair[0];
    const value = headers === null ? (given as Members)[member] : headersGet(headers, pair[1]);
    if (isGiven(value)) http[member] = wellFormedText(value);
  }
  if (headers !== null) setDate(http, "cacheExpiry", headersGet(headers, "expires"));
  else {
    const { cacheExpiry } = given as Members;
    if (isGiven(cacheExpiry)) http["cacheExpiry"] = timeOf("cacheExpiry", "HttpMetadata", cacheExpiry);
  }
  return http;
}

function customOf(given: unknown): Members {
  const custom: Members = bare({});
  if (!isGiven(given)) return custom;
  if (typeof given !== "object") throw wrongField("customMetadata", "PutOptions", "object");
  const names = getOwnPropertyNames(given as object);
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    defineMember(custom, stringToWellFormed(name), wellFormedText((given as Members)[name]), true);
  }
  return custom;
}

/** Each digest: its member, how people write it, its bytes. */
const DIGESTS = [
  { name: "md5", title: "MD5", size: 16 },
  { name: "sha1", title: "SHA-1", size: 20 },
  { name: "sha256", title: "SHA-256", size: 32 },
  { name: "sha384", title: "SHA-384", size: 48 },
  { name: "sha512", title: "SHA-512", size: 64 },
] as const;

/** Names of digests. */
export const DIGEST_NAMES = ["md5", "sha1", "sha256", "sha384", "sha512"] as const;

/** The one checksum that a put names, as hexadecimal digits. */
export function checksumOf(options: Members): readonly [name: string, digits: string] | null {
  let found: readonly [string, string] | null = null;
  for (let at = 0; at < DIGESTS.length; at++) {
    const { name, title, size } = DIGESTS[at]!;
    const value = options[name];
    if (!isGiven(value)) continue;
    if (found !== null) throw new NativeTypeError("You cannot specify multiple hashing algorithms.");
    found = [name, typeof value === "string" ? hexDigits(value, title, size) : bytesDigits(value, title, size)];
  }
  return found;
}

function hexDigits(digits: string, title: string, size: number): string {
  if (digits.length !== 2 * size) {
    throw new NativeTypeError(`${title} is ${2 * size} hex characters, not ${digits.length}`);
  }
  try {
    return hexOf(fromHex(digits));
  } catch {
    throw new NativeTypeError(`Provided ${title} wasn't a valid hex string`);
  }
}

function bytesDigits(value: unknown, title: string, size: number): string {
  const bytes = bytesOrNull(value);
  if (bytes === null) throw new NativeTypeError(`${title} is neither bytes nor a hex string`);
  if (bytesLength(bytes) !== size) throw new NativeTypeError(`${title} is ${size} bytes, not ${bytesLength(bytes)}`);
  return hexOf(bytes);
}
