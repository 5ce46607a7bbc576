/** A stand-in for `jsr:@std/http/etag`, over Web Crypto. */

/** What of a file's information a weak tag is made of. */
export interface FileInfo {
  mtime: Date | null;
  /** Bytes. */
  size: number;
}

/** How {@linkcode eTag} makes a tag. */
export interface ETagOptions {
  /** Digest algorithm, SHA-256 by default. */
  algorithm?: AlgorithmIdentifier;
  /** Overrides the default: strong for content, weak for file information. */
  weak?: boolean;
}

async function fingerprint(size: number, content: Uint8Array<ArrayBuffer>, options: ETagOptions): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest(options.algorithm ?? "SHA-256", content));
  return `${size.toString(16)}-${digest.toBase64().slice(0, 27)}`;
}

/**
 * The entity tag of content (strong) or of a file's information (weak).
 * @returns the tag with its quotes; undefined for a file without a modification time
 */
export function eTag(entity: string | Uint8Array<ArrayBuffer>, options?: ETagOptions): Promise<string>;
export function eTag(entity: FileInfo, options?: ETagOptions): Promise<string | undefined>;
export async function eTag(
  entity: string | Uint8Array<ArrayBuffer> | FileInfo,
  options: ETagOptions = {},
): Promise<string | undefined> {
  if (typeof entity === "string" || entity instanceof Uint8Array) {
    const content = typeof entity === "string" ? new TextEncoder().encode(entity) : entity;
    const tag = `"${await fingerprint(content.byteLength, content, options)}"`;
    return options.weak ? `W/${tag}` : tag;
  }
  if (!entity.mtime) return undefined;
  const tag = `"${await fingerprint(entity.size, new TextEncoder().encode(entity.mtime.toJSON()), options)}"`;
  return options.weak ?? true ? `W/${tag}` : tag;
}

function tagsOf(header: string): string[] {
  return header.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/** Whether an `If-Match` header lets the request pass: strong comparison. */
export function ifMatch(value: string | null, etag: string | undefined): boolean {
  if (!value || !etag || etag.startsWith("W/")) return false;
  return value.trim() === "*" || tagsOf(value).includes(etag);
}

/** Whether an `If-None-Match` header asks for the content: weak comparison; false means 304. */
export function ifNoneMatch(value: string | null, etag: string | undefined): boolean {
  if (!value || !etag) return true;
  if (value.trim() === "*") return false;
  const strong = (tag: string) => tag.replace(/^W\//, "");
  return !tagsOf(value).map(strong).includes(strong(etag));
}
