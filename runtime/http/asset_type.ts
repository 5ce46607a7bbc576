/** Names the content type of a static file. */
import mime from "mime";

/** @returns null for an ending that nobody registered */
export function assetType(name: string): string | null {
  const type = mime.getType(name);
  if (type === null) return null;
  return type.startsWith("text/") || type === "application/xml" ? `${type}; charset=utf-8` : type;
}
