/** Parts of the URLs that clients of the admin API ask for. */
import { AdminError } from "./admin_error.ts";

/**
 * As one segment of a path.
 * @throws {AdminError} USAGE for what no URL has as one, however it is written: https://url.spec.whatwg.org/#path-state
 */
export function pathPart(text: string): string {
  if (text === "" || text === "." || text === "..") {
    throw new AdminError("USAGE", `Cannot ask for "${text}": no URL has such a part`);
  }
  return encodeURIComponent(text);
}

/** What is set, as the search of a URL. */
export function search(query: Readonly<Record<string, string | number | undefined>>): string {
  const written = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) written.set(name, String(value));
  return written.size === 0 ? "" : `?${written}`;
}
