/** What a request's headers ask of a file: which coding, whether it is needed at all, which part of it. */
import { ifMatch, ifNoneMatch } from "@std/http";
import type { AssetFile } from "./asset_files.ts";

/** Reads a request's header; null without it. */
export type ReadHeader = (name: string) => string | null;

/** Content codings that a file may lie beside it in, best first, with the ending of their files. */
export const CODINGS = [
  { coding: "br", ending: ".br" },
  { coding: "gzip", ending: ".gz" },
] as const;

/** A coding of {@linkcode CODINGS}. */
export type Coding = (typeof CODINGS)[number];

/** A part of a file. */
export interface AssetRange {
  readonly from: number;
  /** Bytes, at least 1. */
  readonly length: number;
}

/** Codings that a client prefers to none, best first (RFC 9110, 12.5.3). */
export function acceptedCodings(header: string | null): readonly Coding[] {
  if (header === null) return [];
  const weights = new Map(weighted(header).map(({ value, weight }) => [value === "x-gzip" ? "gzip" : value, weight]));
  const others = weights.get("*") ?? 0;
  const plain = weights.get("identity") ?? 0;
  const weightOf = ({ coding }: Coding) => weights.get(coding) ?? others;
  return CODINGS.filter((one) => weightOf(one) > 0 && weightOf(one) >= plain).sort((a, b) => weightOf(b) - weightOf(a));
}

/** Whether a client names HTML among what it accepts, as browsers do when they navigate; "any type" is no such wish. */
export function acceptsHtml(header: string | null): boolean {
  return header !== null && weighted(header).some(({ value, weight }) => value === "text/html" && weight > 0);
}

/** The status that the conditions of a request lead to, in the order of RFC 9110, 13.2.2. */
export function conditionStatus(header: ReadHeader, { etag, mtimeMs }: AssetFile): 200 | 304 | 412 {
  const match = header("if-match");
  if (match !== null) {
    if (!ifMatch(match, etag)) return 412;
  } else {
    const since = dateSeconds(header("if-unmodified-since"));
    if (since !== null && seconds(mtimeMs) > since) return 412;
  }
  const noneMatch = header("if-none-match");
  if (noneMatch !== null) return ifNoneMatch(noneMatch, etag) ? 200 : 304;
  const since = dateSeconds(header("if-modified-since"));
  return since !== null && seconds(mtimeMs) <= since ? 304 : 200;
}

/**
 * The part that a request asks for.
 * @returns null for the whole file, also where HTTP says that a range is ignored; "none" when there is no such part
 */
export function requestedRange(header: ReadHeader, file: AssetFile): AssetRange | "none" | null {
  const range = header("range");
  if (range === null || !isRangeFresh(header("if-range"), file)) return null;
  // More than one part would need a multipart body; RFC 9110, 14.2 lets a server send the whole instead.
  const parts = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(range);
  if (parts === null) return null;
  const [, first, last] = parts as unknown as [string, string, string];
  const { size } = file;
  if (first === "") {
    if (last === "") return null;
    const length = Math.min(Number(last), size);
    return length === 0 ? "none" : { from: size - length, length };
  }
  const from = Number(first);
  const to = last === "" ? size - 1 : Number(last);
  if (to < from && last !== "") return null;
  return from >= size ? "none" : { from, length: Math.min(to, size - 1) - from + 1 };
}

/** If-Range: a part is of use only to somebody who holds another part of the very same file. */
function isRangeFresh(validator: string | null, { etag, mtimeMs }: AssetFile): boolean {
  if (validator === null) return true;
  const text = validator.trim();
  if (text.startsWith('"') || text.startsWith("W/")) return text === etag;
  return dateSeconds(text) === seconds(mtimeMs);
}

function weighted(header: string): { readonly value: string; readonly weight: number }[] {
  return header.split(",").map((item) => {
    const [value, ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    return { value: value!, weight: Number.isFinite(weight) ? weight : 0 };
  });
}

/** HTTP dates have no fractions of a second. */
function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function dateSeconds(text: string | null): number | null {
  // Each of HTTP's three forms has a time of day; without it Date.parse() would take "0" for a year.
  if (text === null || !/\d:\d\d:\d\d/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : seconds(ms);
}
